import { statfs } from 'node:fs/promises';

import { PeriodicTask } from '@helix/pacing';
import type { Logger } from 'pino';

import { HEARTBEAT_RETRY_MS, HEARTBEAT_TIMEOUT_MS } from '../limits.js';

/** `wolf-instances`: what hosts of the field send; `later`: the path and body of their successors (helix-rest §4.1). */
export const HEARTBEAT_DIALECTS = ['wolf-instances', 'later'] as const;
export type HeartbeatDialect = (typeof HEARTBEAT_DIALECTS)[number];

export interface HostDescription {
  readonly gpuVendor: string;
  readonly gpuType: string;
  readonly renderNode: string;
  readonly maxSandboxes: number;
  readonly swayVersion: string;
  /** Of the one card that the host tells of. */
  readonly gpuMemoryMb: number;
}

export interface HeartbeatOptions {
  readonly apiUrl: string;
  readonly instanceId: string;
  readonly runnerToken: string;
  readonly dialect: HeartbeatDialect;
  readonly intervalMs: number;
  readonly host: HostDescription;
  readonly logger: Logger;
}

/** Below every alert. */
const USUAL_DISK_USED_PERCENT = 40;

/** The host's heartbeat daemon. A refusal is logged and forgotten; until the first success it tries every second. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #task: PeriodicTask;
  #acceptedCount = 0;
  // Not the machine's own at first: one whose disk is nearly full must still be able to try the product.
  #diskUsedPercent: number | undefined = USUAL_DISK_USED_PERCENT;
  #isAskedAgain = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#task = new PeriodicTask({
      name: 'heartbeat',
      run: (signal) => this.#send(signal),
      restMs: () => {
        if (this.#isAskedAgain) return 0;
        return this.#acceptedCount > 0 ? options.intervalMs : HEARTBEAT_RETRY_MS;
      },
      firstMs: 0,
      logger: options.logger,
    });
  }

  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** Reports this as the use of its disk, at once and from now on; `undefined`: the machine's own. */
  setDiskUsedPercent(percent: number | undefined): void {
    this.#diskUsedPercent = percent;
    // One that is under way may have reported the former value.
    this.#isAskedAgain = true;
    this.beat();
  }

  /** Sends a heartbeat now and goes on from there. One that is under way counts as this one. */
  beat(): void {
    this.#task.start();
    this.#task.hurry();
  }

  close(): Promise<void> {
    return this.#task.destroy();
  }

  async #send(signal: AbortSignal): Promise<void> {
    this.#isAskedAgain = false;
    const { apiUrl, instanceId, runnerToken, dialect, logger } = this.#options;
    const resource = dialect === 'later' ? 'sandboxes' : 'wolf-instances';
    const url = `${apiUrl.replace(/\/+$/, '')}/api/v1/${resource}/${encodeURIComponent(instanceId)}/heartbeat`;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { Authorization: `Bearer ${runnerToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(await this.#body()),
        signal: AbortSignal.any([signal, AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS)]),
      });
      await response.arrayBuffer();
      if (response.ok) this.#acceptedCount += 1;
      logger.debug({ status: response.status }, 'heartbeat');
    } catch (error) {
      if (!signal.aborted) logger.debug({ err: error }, 'heartbeat failed');
    }
  }

  async #body(): Promise<object> {
    const { dialect, host } = this.#options;
    const common = {
      disk_usage: [await diskUsage('/', this.#diskUsedPercent)],
      container_usage: [],
      gpu_vendor: host.gpuVendor,
      render_node: host.renderNode,
      max_sandboxes: host.maxSandboxes,
    };
    if (dialect === 'wolf-instances') return { sway_version: host.swayVersion, gpu_type: host.gpuType, ...common };
    return {
      desktop_versions: { sway: host.swayVersion },
      privileged_mode_enabled: false,
      instance_type: 'simulated',
      helix_version: 'simulated',
      gpus:
        host.gpuType === ''
          ? []
          : [{ index: 0, name: host.gpuType, vendor: host.gpuVendor, memory_total_mb: host.gpuMemoryMb }],
      profile_status: '',
      profile_error: '',
      service_health: {},
      profile_progress: {},
      ...common,
    };
  }
}

/** One disk as the daemon reports it, with its thresholds of 80 and 95 percent. */
async function diskUsage(mountPoint: string, pretendedPercent: number | undefined): Promise<object> {
  const disk = await statfs(mountPoint);
  const totalBytes = disk.blocks * disk.bsize;
  const usedBytes =
    pretendedPercent === undefined
      ? (disk.blocks - disk.bfree) * disk.bsize
      : Math.round((totalBytes * pretendedPercent) / 100);
  const usedPercent = totalBytes === 0 ? 0 : Math.round((usedBytes / totalBytes) * 1000) / 10;
  return {
    mount_point: mountPoint,
    total_bytes: totalBytes,
    used_bytes: usedBytes,
    avail_bytes: pretendedPercent === undefined ? disk.bavail * disk.bsize : totalBytes - usedBytes,
    used_percent: usedPercent,
    alert_level: usedPercent >= 95 ? 'critical' : usedPercent >= 80 ? 'warning' : 'ok',
  };
}
