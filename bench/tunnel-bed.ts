import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call, connected, freePort, removeBed, until } from './bed-calls.js';
import { BenchChild } from './child.js';

export type Transport = 'gen1' | 'gen2';

const AGENT_TRANSPORT = { gen1: 'hijack', gen2: 'websocket' } as const;

/** The processes of the benchmark: origin, API with its database and a simulated host, and agents as they are asked for. */
export class TunnelBed {
  readonly origin: string;
  readonly apiUrl: string;
  readonly userKey: string;
  readonly sessionIds: readonly string[];
  readonly #folder: string;

  private constructor(parts: {
    readonly origin: string;
    readonly apiUrl: string;
    readonly userKey: string;
    readonly sessionIds: readonly string[];
    readonly folder: string;
  }) {
    this.origin = parts.origin;
    this.apiUrl = parts.apiUrl;
    this.userKey = parts.userKey;
    this.sessionIds = parts.sessionIds;
    this.#folder = parts.folder;
  }

  /** Starts everything but the agents, and places one session for each caller. Leaves nothing behind when it fails. */
  static async start(sessionCount: number): Promise<TunnelBed> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
    try {
      return await TunnelBed.#startIn(folder, sessionCount);
    } catch (error) {
      await removeBed(folder);
      throw error;
    }
  }

  static async #startIn(folder: string, sessionCount: number): Promise<TunnelBed> {
    // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
    await chmod(folder, 0o711);
    const origin = await BenchChild.start('bench/dist/origin-server.js');
    const port = await freePort();
    const apiUrl = `http://127.0.0.1:${String(port)}`;
    const runnerToken = randomBytes(24).toString('base64url');
    const adminKey = `hl-${randomBytes(24).toString('base64url')}`;
    await BenchChild.start('apps/api/dist/main.js', {
      environment: {
        HOST: '127.0.0.1',
        PORT: String(port),
        SERVER_URL: apiUrl,
        HELIX_DATA_DIR: folder,
        RUNNER_TOKEN: runnerToken,
        ADMIN_API_KEY: adminKey,
      },
    });
    const capacity = ['--desktops', 'none', '--max-sandboxes', String(sessionCount)];
    await BenchChild.start('apps/sandbox-simulator/dist/main.js', {
      args: ['--api-url', apiUrl, '--instance-id', 'bench', ...capacity],
      environment: { RUNNER_TOKEN: runnerToken },
    });
    const made = await call(apiUrl, adminKey, 'POST', '/api/v1/admin/api-keys', { user_id: 'bench' });
    const userKey = String(made['key']);
    await connected(apiUrl, adminKey, 'wolf-bench');
    const sessionIds: string[] = [];
    for (let index = 0; index < sessionCount; index += 1) {
      const session = await call(apiUrl, userKey, 'POST', '/api/v1/external-agents', {});
      sessionIds.push(String(session['session_id']));
    }
    return new TunnelBed({
      origin: `127.0.0.1:${String(origin.ready['port'])}`,
      apiUrl,
      userKey,
      sessionIds,
      folder,
    });
  }

  /** One agent process that holds the links of all sessions' desktops, each leading to the origin. */
  async startDesktopAgent(transport: Transport): Promise<BenchChild> {
    const agent = this.#startAgent(
      transport,
      this.apiUrl,
      this.userKey,
      this.sessionIds.map((id) => `sandbox-${id}`),
    );
    for (const id of this.sessionIds) await this.#desktopAnswers(id);
    return agent;
  }

  /** The bare end of the tunnel and an agent that leads to the origin; `url` answers as the origin does. */
  async startBareTunnel(
    transport: Transport,
  ): Promise<{ readonly url: string; readonly bare: BenchChild; readonly agent: BenchChild }> {
    const bare = await BenchChild.start('bench/dist/bare-tunnel.js');
    const url = `http://127.0.0.1:${String(bare.ready['port'])}`;
    const agent = this.#startAgent(transport, url, 'bench-token', ['wolf-bench']);
    await until('the bare tunnel', async () => {
      const response = await fetch(`${url}/small`);
      await response.arrayBuffer();
      return response.status === 200;
    });
    return { url, bare, agent };
  }

  /** Stops every process of the benchmark and removes its files. */
  close(): Promise<void> {
    return removeBed(this.#folder);
  }

  #startAgent(transport: Transport, url: string, token: string, runnerIds: readonly string[]): BenchChild {
    const tunnels = runnerIds.flatMap((id) => ['--tunnel', `${id}=${this.origin}`]);
    return BenchChild.startQuiet('apps/revdial-agent/dist/main.js', {
      args: ['--transport', AGENT_TRANSPORT[transport], '--log-level', 'warn', ...tunnels],
      environment: { HELIX_API_URL: url, RUNNER_TOKEN: token },
    });
  }

  #desktopAnswers(sessionId: string): Promise<void> {
    return until(`the desktop of ${sessionId}`, async () => {
      const response = await fetch(`${this.apiUrl}/api/v1/external-agents/${sessionId}/clipboard`, {
        headers: { authorization: `Bearer ${this.userKey}` },
      });
      await response.arrayBuffer();
      return response.status === 200;
    });
  }
}
