import { firstMessage } from './first-message.js';
import { streamWishFor } from './stream-wish.js';

describe('what a page asks for', () => {
  it('is the picture of its window in whole multiples of eight, within bounds', () => {
    expect(streamWishFor({ width: 1283, height: 725 }, 1)).toEqual({
      width: 1280,
      height: 720,
      fps: 60,
      bitrate: 5_530,
    });
    expect(streamWishFor({ width: 1600, height: 1200 }, 2)).toMatchObject({ width: 1920, height: 1080, fps: 60 });
    expect(streamWishFor({ width: 390, height: 844 }, 3)).toMatchObject({ width: 1168, height: 1080, fps: 30 });
    expect(streamWishFor({ width: 0, height: 0 }, 0)).toEqual({ width: 640, height: 360, fps: 30, bitrate: 2_000 });
    expect(streamWishFor({ width: NaN, height: Infinity }, NaN)).toMatchObject({ width: 640, height: 360 });
  });

  it('has every field of the first message, whole numbers, and no secret', () => {
    const message = JSON.parse(firstMessage({ width: 1280, height: 720, fps: 60, bitrate: 5_530 })) as unknown;
    expect(message).toEqual({
      AuthenticateAndInit: {
        credentials: null,
        session_id: 'viewer',
        mode: 'create',
        client_unique_id: null,
        host_id: 0,
        app_id: 0,
        bitrate: 5_530,
        packet_size: 1_024,
        fps: 60,
        width: 1280,
        height: 720,
        video_sample_queue_size: 50,
        audio_sample_queue_size: 20,
        play_audio_local: false,
        video_supported_formats: 1,
        video_colorspace: 'Rec709',
        video_color_range_full: false,
      },
    });
  });
});
