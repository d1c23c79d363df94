import type { DialBackTransport, LocalAddress, RunnerTimings } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { ApiDouble } from './api-double.js';
import { LocalService } from './local-service.js';
import { startTunnel } from './start-tunnel.js';
import type { StartedTunnel } from './start-tunnel.js';

/** An API, local services and tunnels of one transport between them, and the end of all of them. */
export class TunnelRig {
  readonly #services: LocalService[] = [];
  readonly #tunnels: StartedTunnel[] = [];

  private constructor(
    readonly api: ApiDouble,
    readonly transport: DialBackTransport,
  ) {}

  static async create(transport: DialBackTransport): Promise<TunnelRig> {
    return new TunnelRig(await ApiDouble.start(), transport);
  }

  async serve(...args: Parameters<typeof LocalService.start>): Promise<LocalService> {
    const service = await LocalService.start(...args);
    this.#services.push(service);
    return service;
  }

  start(local: LocalAddress, url = this.api.url, timings: Partial<RunnerTimings> = {}): StartedTunnel {
    const started = startTunnel(url, local, { transport: this.transport, timings });
    this.#tunnels.push(started);
    return started;
  }

  /** Resolves when the tunnel is connected. */
  async connect(service: LocalService, url?: string, timings?: Partial<RunnerTimings>): Promise<StartedTunnel> {
    const started = this.start(service.address, url, timings);
    await eventually(() => {
      expect(started.tunnel.state).toBe('connected');
    });
    return started;
  }

  async close(): Promise<void> {
    for (const { tunnel } of this.#tunnels) tunnel.destroy();
    await Promise.all(this.#services.map((service) => service.close()));
    await this.api.close();
  }
}
