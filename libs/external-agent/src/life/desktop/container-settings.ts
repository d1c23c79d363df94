import type { DesktopConfig } from './desktop-config.js';

const MIB = 1024 * 1024;

/**
 * The container as Docker is asked for it (`base_create_json`, wolf-api §3.1.1). Without one Wolf takes its own default, which
 * has the host's IPC and NET_ADMIN, so everything that must not be so is said here.
 */
export function containerSettings(hostname: string, { resources, security }: DesktopConfig): string {
  return JSON.stringify({
    Hostname: hostname,
    HostConfig: {
      Privileged: security.isPrivileged,
      IpcMode: 'private',
      CapAdd: security.addedCapabilities,
      ShmSize: resources.shmMb * MIB,
      PidsLimit: resources.pidsLimit,
      // As much swap as memory would be Docker's choice: a desktop over its limit would make the whole host slow.
      ...(resources.memoryMb !== undefined && {
        Memory: resources.memoryMb * MIB,
        MemorySwap: resources.memoryMb * MIB,
      }),
      ...(resources.cpus !== undefined && { NanoCpus: Math.round(resources.cpus * 1e9) }),
    },
  });
}
