import type { StreamWish } from './stream-request.js';

/** The server knows who watches what and writes its own over these; the dialect wants them there all the same. */
const OVERWRITTEN = {
  credentials: null,
  session_id: 'viewer',
  mode: 'create',
  client_unique_id: null,
  host_id: 0,
  app_id: 0,
} as const;

/** The first message of a stream (moonlight-web §3.2): H264, which every browser plays. */
export function firstMessage({ width, height, fps, bitrate }: StreamWish): string {
  return JSON.stringify({
    AuthenticateAndInit: {
      ...OVERWRITTEN,
      bitrate,
      packet_size: 1_024,
      fps,
      width,
      height,
      video_sample_queue_size: 50,
      audio_sample_queue_size: 20,
      play_audio_local: false,
      video_supported_formats: 1,
      video_colorspace: 'Rec709',
      video_color_range_full: false,
    },
  });
}
