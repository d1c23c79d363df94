import { StartError } from './start-error.js';
import type { SessionEntity } from '../../session/session.entity.js';
import { marksOf } from '../../session/desktop-marks.js';
import { isSessionId } from '../../session/session-id.js';
import { containerSettings } from './container-settings.js';
import type { DesktopConfig } from './desktop-config.js';
import { printDevice } from './desktop-device.js';
import { desktopGpu } from './desktop-gpu.js';
import type { DesktopHost } from './desktop-host.js';
import { desktopImage } from './desktop-image.js';
import { printMount } from './desktop-mount.js';

/** Everything that Wolf is told about a desktop, before it is put into Wolf's own words. */
export interface DesktopDefinition {
  readonly lobbyName: string;
  readonly containerName: string;
  readonly image: string;
  readonly environment: readonly string[];
  /** `source:destination:mode`. */
  readonly mounts: readonly string[];
  /** `source:destination:permissions`. */
  readonly devices: readonly string[];
  readonly stateFolder: string;
  readonly renderNode: string;
  readonly bufferCaps: string;
  readonly baseCreateJson: string;
}

/**
 * The session's desktop on this host. Of what the host reports only what is well-formed is used; see `unusableFieldsOf`.
 * @throws StartError IMAGE_NOT_ALLOWED, INVALID_SESSION_ID
 */
export function defineDesktop(
  session: SessionEntity,
  host: DesktopHost,
  config: DesktopConfig,
  sessionToken: string,
): DesktopDefinition {
  // It becomes part of paths, names and JSON on the host; 13 and 26 characters also fit a host name's 63.
  if (!isSessionId(session.id)) throw new StartError('INVALID_SESSION_ID', 'the id cannot name a desktop');
  const image = desktopImage(session.image, host, config);
  if (image === undefined) throw new StartError('IMAGE_NOT_ALLOWED', 'the image is not on the list of allowed images');
  const ulid = session.id.slice('ses_'.length);
  const containerName = `zed-external-${ulid}`;
  const gpu = desktopGpu(host);
  return {
    lobbyName: `Agent ${ulid.slice(-4)}`,
    containerName,
    image,
    // Of a name given twice the last counts: the operator before the caller, who may not name what is reserved; ours at the end.
    environment: [
      `GOW_REQUIRED_DEVICES=${gpu.requiredDevices}`,
      ...config.environment,
      ...session.environment,
      'RUN_SWAY=1',
      `HELIX_API_URL=${config.apiUrl}`,
      `HELIX_API_BASE_URL=${config.apiUrl}`,
      `USER_API_TOKEN=${sessionToken}`,
      ...marksOf(session),
    ],
    mounts: config.mounts.map((mount) => printMount(mount, session.id)),
    devices: [...gpu.devices, ...devicesFor(gpu.vendor, gpu.devices, config)],
    stateFolder: `${config.stateRoot}/agent-${session.id}`,
    renderNode: gpu.renderNode,
    bufferCaps: gpu.bufferCaps,
    baseCreateJson: containerSettings(containerName, config),
  };
}

/** The operator's devices for this vendor, without those that are there already. */
function devicesFor(vendor: string, given: readonly string[], { devices }: DesktopConfig): readonly string[] {
  return devices
    .filter((device) => device.vendor === undefined || device.vendor === vendor)
    .map(printDevice)
    .filter((device) => !given.includes(device));
}
