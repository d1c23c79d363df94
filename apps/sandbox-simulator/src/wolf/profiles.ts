import { printApp, type WolfAppEntry } from './app-catalog.js';
import type { Printable } from './json-writer.js';
import type { WolfEra } from './wolf-era.js';

/** A profile of Wolf's own UI (wolf-api §3.2). */
export interface ProfileEntry {
  readonly id: string;
  readonly name: string;
  readonly iconPngPath: string;
  readonly pin: readonly number[] | undefined;
  readonly apps: readonly WolfAppEntry[];
}

/** One with a PIN, so that who leaks it is found out. The profile of Moonlight itself is never listed. */
export const EXAMPLE_PROFILES: readonly ProfileEntry[] = [
  { id: 'helix-sessions', name: 'Helix', iconPngPath: '', pin: undefined, apps: [] },
  { id: 'locked', name: 'Locked', iconPngPath: '/etc/wolf/locked.png', pin: [8, 6, 4, 2], apps: [] },
];

export function printProfile(profile: ProfileEntry, era: WolfEra): Printable {
  return {
    name: profile.name,
    id: profile.id,
    icon_png_path: profile.iconPngPath,
    pin: profile.pin,
    apps: profile.apps.map((app) => printApp(app, era)),
  };
}
