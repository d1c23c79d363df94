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

/** What Docker knows, without `CAP_`. A name that it does not know would keep every desktop from starting. */
export const LINUX_CAPABILITIES: ReadonlySet<string> = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
  FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
  NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
  SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`.split(/\s+/),
);
