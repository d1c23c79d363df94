import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';
import { SimulatedWolf, type SimulatedWolfOptions } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A registered host whose simulated Wolf the API reaches by a real link. */
export class SimulatedHost {
  private constructor(
    readonly id: string,
    readonly wolf: SimulatedWolf,
    private readonly tunnel: RunnerTunnel,
    private readonly folder: string,
  ) {}

  static async connect(
    api: ApiInProcess,
    id: string,
    options: Partial<SimulatedWolfOptions> = {},
    url = api.url,
  ): Promise<SimulatedHost> {
    const folder = await mkdtemp(path.join(tmpdir(), 'wolf-'));
    const wolf = new SimulatedWolf({ socketPath: path.join(folder, 'wolf.sock'), ...options });
    await wolf.start();
    const server = parseServerAddress(url);
    if (server === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: `wolf-${id}`,
      token: fixedToken(RUNNER_TOKEN),
      local: { kind: 'unix', path: wolf.socketPath },
      logger: QUIET,
    });
    tunnel.start();
    // A link alone is not enough: until its Wolf has answered once, a host is the last choice of placement.
    await eventually(async () => {
      const rows: unknown[] = await api.dataSource.query(
        `SELECT 1 FROM wolf_instances WHERE id = $1 AND link_connected AND link_answering`,
        [id],
      );
      expect(rows).toHaveLength(1);
    });
    return new SimulatedHost(id, wolf, tunnel, folder);
  }

  /** The token that the session's desktop was given. */
  desktopToken(sessionId: string): string {
    const env = this.wolf.lobbies.find((lobby) => lobby.env.includes(`HELIX_SESSION_ID=${sessionId}`))?.env ?? [];
    const token = env.find((entry) => entry.startsWith('USER_API_TOKEN='))?.slice('USER_API_TOKEN='.length);
    if (token === undefined) throw new Error(`no desktop of ${sessionId} runs here`);
    return token;
  }

  /** After a test, whatever it did: Wolf was not harmed. */
  async close(): Promise<void> {
    expect(this.wolf.uncaughtExceptionCount + this.wolf.suspectIdCount).toBe(0);
    this.tunnel.destroy();
    await this.tunnel.closed;
    await this.wolf.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
