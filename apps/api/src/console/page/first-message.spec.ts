import { firstMessage } from './first-message.js';
import { streamWishFor } from './stream-request.js';

describe('what a page asks for', () => {
  it('is the desktop’s picture in every window, and fewer bits in a narrow one', () => {
    const display = { width: 1920, height: 1080, fps: 60 };
    expect(streamWishFor(display, 1366)).toEqual({ ...display, bitrate: 12_442 });
    expect(streamWishFor(display, 390)).toEqual({ ...display, bitrate: 3_732 });
    expect(streamWishFor({ width: 7680, height: 4320, fps: 144 }, 1920)).toMatchObject({ bitrate: 20_000 });
    expect(streamWishFor({ width: 800, height: 600, fps: 30 }, 0)).toMatchObject({ bitrate: 2_000 });
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
