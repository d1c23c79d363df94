import type { DesktopDevice } from './desktop-device.js';
import type { DesktopMount } from './desktop-mount.js';

/** What the operator configured for all desktops. The texts in it were checked where the configuration was read. */
export interface DesktopConfig {
  /** Base URL at which desktops reach the API, without a trailing slash. */
  readonly apiUrl: string;
  /** The kind of desktop whose version is looked for in what a host reports. */
  readonly desktopName: string;
  /** Image when the host does not name its version; see `desktopImage`. */
  readonly defaultImage: string;
  /** Repository of the image that is tagged with the host's desktop version. */
  readonly imageRepository: string;
  /** Images which a caller may ask for by name. */
  readonly allowedImages: readonly string[];
  /** Folder on the host below which each session's workspace lies. */
  readonly stateRoot: string;
  /** `NAME=value` entries for every desktop. */
  readonly environment: readonly string[];
  readonly mounts: readonly DesktopMount[];
  readonly devices: readonly DesktopDevice[];
  readonly resources: DesktopResources;
  readonly security: DesktopSecurity;
}

/** Undefined: no limit but the machine's. */
export interface DesktopResources {
  readonly memoryMb: number | undefined;
  readonly cpus: number | undefined;
  /** Size of `/dev/shm`, which browsers need. */
  readonly shmMb: number;
  /** Processes and threads. */
  readonly pidsLimit: number;
}

/** What a desktop may do beyond what Docker allows to every container. */
export interface DesktopSecurity {
  readonly isPrivileged: boolean;
  /** Linux capabilities without `CAP_`. */
  readonly addedCapabilities: readonly string[];
}
