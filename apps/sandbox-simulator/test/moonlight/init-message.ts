import { APP_ID, CREDENTIALS } from './moonlight-fixture.js';

/** A first message as a viewer sends it (moonlight-web §9.2), with changes; `undefined` takes a member away. */
export function initMessage(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    AuthenticateAndInit: {
      credentials: CREDENTIALS,
      session_id: 'agent-ses_01jexample0000000000000000-6b1f',
      mode: 'create',
      client_unique_id: 'helix-agent-ses_01jexample0000000000000000-6b1f',
      host_id: 0,
      app_id: APP_ID,
      bitrate: 8000,
      packet_size: 1024,
      fps: 30,
      width: 1280,
      height: 720,
      video_sample_queue_size: 10,
      play_audio_local: false,
      audio_sample_queue_size: 10,
      video_supported_formats: 1,
      video_colorspace: 'Rec709',
      video_color_range_full: false,
      ...changes,
    },
  });
}

export const OFFER = JSON.stringify({ Signaling: { Description: { ty: 'offer', sdp: 'v=0\r\n' } } });
export const ANSWER = JSON.stringify({ Signaling: { Description: { ty: 'answer', sdp: 'v=0\r\n' } } });
