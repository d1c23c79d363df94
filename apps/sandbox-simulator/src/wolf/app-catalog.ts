import type { Printable } from './json.js';
import { printRunner, type RunnerDescription } from './runner-description.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';

/** A configured app (wolf-api §3.1). */
export interface WolfAppEntry {
  readonly id: string;
  readonly title: string;
  readonly runner: RunnerDescription;
}

/** What Helix's configuration gives Wolf: a picture to connect to until a lobby is joined. */
export const PLACEHOLDER_APP: WolfAppEntry = {
  id: '134906179',
  title: 'Select Agent',
  runner: { type: 'process', run_cmd: 'sh -c "while :; do sleep 10; done"' },
};

export function printApp(app: WolfAppEntry, era: WolfEra): Printable {
  const pipeline = 'appsrc name=wolf_udp_sink';
  return {
    title: app.title,
    id: app.id,
    support_hdr: false,
    video_producer_buffer_caps: 'video/x-raw',
    h264_gst_pipeline: pipeline,
    hevc_gst_pipeline: pipeline,
    av1_gst_pipeline: pipeline,
    opus_gst_pipeline: pipeline,
    render_node: '/dev/dri/renderD128',
    start_virtual_compositor: true,
    start_audio_server: true,
    runner: printRunner(app.runner),
    joypad_type: era === 'u24' ? 'AUTO' : undefined,
    video_source_mode: isAtLeast(era, 'jan26-required-mode') ? 'wayland' : undefined,
  };
}
