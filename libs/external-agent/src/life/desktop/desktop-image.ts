import { isVersion } from '@helix/scheduler';
import type { DesktopConfig } from './desktop-config.js';
import type { DesktopHost } from './desktop-host.js';

/** The desktop that `sway_version` of early hosts, and the image they hold, is about (helix-rest §6.1). */
const FIRST_DESKTOP = 'sway';

/**
 * The image of a desktop on this host: the one asked for, else that of the version which lies on the host, else the default.
 * Undefined when the one asked for is not on the allow-list, perhaps since the operator made it shorter.
 */
export function desktopImage(asked: string | null, host: DesktopHost, config: DesktopConfig): string | undefined {
  if (asked !== null) return config.allowedImages.includes(asked) ? asked : undefined;
  const version = versionOn(host, config.desktopName);
  return version === undefined ? config.defaultImage : `${config.imageRepository}:${version}`;
}

function versionOn({ desktopVersions, swayVersion }: DesktopHost, desktopName: string): string | undefined {
  const reported = Object.hasOwn(desktopVersions, desktopName) ? desktopVersions[desktopName] : undefined;
  if (isVersion(reported)) return reported;
  return desktopName === FIRST_DESKTOP && isVersion(swayVersion) ? swayVersion : undefined;
}
