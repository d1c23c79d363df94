import { z } from 'zod';
import type { WolfApp } from '../model/app.js';
import type { WolfProfile } from '../model/profile.js';
import type { PairedClient, PairedClientSettings } from '../model/paired-client.js';
import { listedRunner } from './runner-answer.js';
import { listOf, u64 } from './scalars.js';

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

const settings = z
  .object({
    run_uid: z.number(),
    run_gid: z.number(),
    controllers_override: listOf(z.string()),
    mouse_acceleration: z.number(),
    v_scroll_acceleration: z.number(),
    h_scroll_acceleration: z.number(),
  })
  .transform((wire): PairedClientSettings => ({
    runUid: wire.run_uid,
    runGid: wire.run_gid,
    controllersOverride: wire.controllers_override,
    mouseAcceleration: wire.mouse_acceleration,
    verticalScrollAcceleration: wire.v_scroll_acceleration,
    horizontalScrollAcceleration: wire.h_scroll_acceleration,
  }));

const client = z
  .object({ client_id: u64, app_state_folder: z.string(), settings: settings.nullish() })
  .transform((wire): PairedClient => ({
    id: wire.client_id,
    appStateFolder: wire.app_state_folder,
    ...(wire.settings != null && { settings: wire.settings }),
  }));

/** `GET /clients` (wolf-api §3.6). */
export const clientsAnswer = z.object({ clients: listOf(client) }).transform((wire) => wire.clients);

/** `pin` is looked at and goes no further. */
const profile = z
  .object({ id: z.string(), name: z.string(), pin: z.unknown().optional(), apps: listOf(z.unknown()).default([]) })
  .transform((wire): WolfProfile => ({
    id: wire.id,
    name: wire.name,
    pinRequired: wire.pin != null,
    appCount: wire.apps.length,
  }));

/** `GET /profiles` (wolf-api §3.2). */
export const profilesAnswer = z.object({ profiles: listOf(profile) }).transform((wire) => wire.profiles);
