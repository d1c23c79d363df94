import { isGpuVendor, isRenderNode, isVersion } from '@helix/scheduler';

/** What of a host shapes the desktops on it, as the host reports it: nothing in it is trusted. */
export interface DesktopHost {
  readonly gpuVendor: string;
  readonly renderNode: string;
  readonly swayVersion: string;
  /** By the name of the desktop; early hosts have none. */
  readonly desktopVersions: Readonly<Record<string, string>>;
}

/** Names of the fields that cannot be what they should be, and are therefore taken for not reported. */
export function unusableFieldsOf(host: DesktopHost): readonly string[] {
  return [
    ...(isGpuVendor(host.gpuVendor) ? [] : ['gpu_vendor']),
    ...(isRenderNode(host.renderNode) ? [] : ['render_node']),
    ...(host.swayVersion === '' || isVersion(host.swayVersion) ? [] : ['sway_version']),
    ...(Object.values(host.desktopVersions).every(isVersion) ? [] : ['desktop_versions']),
  ];
}
