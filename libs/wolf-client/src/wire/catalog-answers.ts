import { z } from 'zod';
import type { WolfApp } from '../model/app.js';
import { listedRunner } from './runner-answer.js';
import { listOf } from './scalars.js';

const app = z
  .object({
    id: z.string(),
    title: z.string(),
    support_hdr: z.boolean(),
    icon_png_path: z.string().nullish(),
    render_node: z.string(),
    start_virtual_compositor: z.boolean(),
    // Younger than the rest.
    start_audio_server: z.boolean().default(true),
    runner: listedRunner,
  })
  .transform((wire): WolfApp => {
    const icon = wire.icon_png_path;
    return {
      id: wire.id,
      title: wire.title,
      supportHdr: wire.support_hdr,
      ...(typeof icon === 'string' && { iconPngPath: icon }),
      renderNode: wire.render_node,
      startVirtualCompositor: wire.start_virtual_compositor,
      startAudioServer: wire.start_audio_server,
      runner: wire.runner,
    };
  });

/** `GET /apps` (wolf-api §3.1). */
export const appsAnswer = z.object({ apps: listOf(app) }).transform((wire) => wire.apps);
