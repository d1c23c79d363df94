import type { WolfInstance } from '../tables/wolf-instance.js';
import type { WolfInstanceRegistry } from '../instances/wolf-instance-registry.js';

export interface OnlineHost {
  readonly id: string;
  readonly maxSandboxes: number;
  readonly gpuVendor?: string;
}

/** A host that has registered and whose link stands, as real ones do it. */
export async function addOnlineHost(registry: WolfInstanceRegistry, host: OnlineHost): Promise<WolfInstance> {
  await registry.register({ ...host, name: `Wolf ${host.id}`, address: '127.0.0.1:1' });
  return registry.markLinkConnected(host.id, '127.0.0.1:1');
}
