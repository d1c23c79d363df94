import type { SessionEntity } from '../session/session.entity.js';

/** What the operator configured for all desktops. */
export interface DesktopConfig {
  /** Base URL at which desktops reach the API, without a trailing slash. */
  readonly apiUrl: string;
  /** Image when the host does not name its version; see `imageFor`. */
  readonly defaultImage: string;
  /** Repository of the image that is tagged with the host's desktop version. */
  readonly imageRepository: string;
  /** Images which a caller may ask for by name. */
  readonly allowedImages: readonly string[];
  /** Folder on the host below which each session's workspace lies. */
  readonly stateRoot: string;
  /** `NAME=value` entries for every desktop. */
  readonly environment: readonly string[];
}

/** What of a host shapes the desktops on it. */
export interface DesktopHost {
  readonly gpuVendor: string;
  readonly renderNode: string;
  readonly swayVersion: string;
}

/** Everything that Wolf is told about a desktop, before it is put into Wolf's own words. */
export interface DesktopDefinition {
  readonly lobbyName: string;
  readonly containerName: string;
  readonly image: string;
  readonly environment: readonly string[];
  readonly stateFolder: string;
  readonly renderNode: string;
  readonly bufferCaps: string;
  readonly baseCreateJson: string;
}

const MARKER = 'HELIX_SESSION_ID=';

/** Does the environment belong to the session's desktop? Of a name given twice the container sees the last (wolf-api §4.4). */
export function isMarkedAs(environment: readonly string[], sessionId: string): boolean {
  return sessionMarkedIn(environment) === sessionId;
}

/** The id of the session whose desktop the environment claims to be, by the same rule. Anybody may write anything there. */
export function sessionMarkedIn(environment: readonly string[]): string | undefined {
  return environment.findLast((entry) => entry.startsWith(MARKER))?.slice(MARKER.length);
}

export function defineDesktop(
  session: SessionEntity,
  host: DesktopHost,
  config: DesktopConfig,
  sessionToken: string,
): DesktopDefinition {
  const ulid = session.id.slice('ses_'.length);
  const hostname = `desktop-${ulid}`;
  return {
    lobbyName: `Agent ${ulid.slice(-4)}`,
    containerName: `zed-external-${ulid}`,
    image: imageFor(session.image, host, config),
    environment: [
      ...config.environment,
      ...session.environment,
      'RUN_SWAY=1',
      `HELIX_API_URL=${config.apiUrl}`,
      `HELIX_API_BASE_URL=${config.apiUrl}`,
      `USER_API_TOKEN=${sessionToken}`,
      `${MARKER}${session.id}`,
    ],
    stateFolder: `${config.stateRoot}/agent-${session.id}`,
    renderNode: host.renderNode === '' ? '/dev/dri/renderD128' : host.renderNode,
    bufferCaps: bufferCapsFor(host.gpuVendor),
    baseCreateJson: JSON.stringify({ Hostname: hostname, HostConfig: { Privileged: false, ShmSize: 1024 ** 3 } }),
  };
}

/** A caller's image was checked against the allow-list when the session was created; else the host's version decides. */
function imageFor(asked: string | null, host: DesktopHost, config: DesktopConfig): string {
  if (asked !== null) return asked;
  return host.swayVersion === '' ? config.defaultImage : `${config.imageRepository}:${host.swayVersion}`;
}

/** GStreamer caps of the zero-copy path for each vendor; plain memory where there is none. */
function bufferCapsFor(gpuVendor: string): string {
  switch (gpuVendor) {
    case 'nvidia':
      return 'video/x-raw(memory:CUDAMemory)';
    case 'amd':
    case 'intel':
      return 'video/x-raw(memory:DMABuf)';
    default:
      return 'video/x-raw';
  }
}
