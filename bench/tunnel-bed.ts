import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call, connected, freePort, removeBed, until } from './bed-calls.js';
import { BenchChild } from './child.js';
import { startForeignTunnel, type ForeignTunnel } from './foreign-tunnels.js';
import type { OurTransport, TunnelWay } from './tunnel-way.js';

const AGENT_TRANSPORT: Readonly<Record<OurTransport, string>> = {
  gen1: 'hijack',
  gen2: 'websocket',
  mux: 'mux',
  'mux-websocket': 'mux-websocket',
};

/** How long a tunnel of another make may take to stand. */
const FOREIGN_LIMIT_MS = 15_000;

/** How long the stretch is that a tunnel crosses. */
export interface Stretch {
  readonly rttMs: number;
  /** Each way; without it as much as loopback carries. */
  readonly mbits?: number;
}

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

  get originPort(): number {
    return Number(this.origin.split(':')[1]);
  }

  /** One agent process that holds the links of all sessions' desktops, each leading to the origin. */
  async startDesktopAgent(transport: OurTransport): Promise<BenchChild> {
    const runnerIds = this.sessionIds.map((id) => `sandbox-${id}`);
    const agent = this.#startAgent(transport, this.apiUrl, this.userKey, runnerIds);
    for (const id of this.sessionIds) await this.#desktopAnswers(id);
    return agent;
  }

  /** No tunnel. */
  async direct(stretch: Stretch): Promise<TunnelWay> {
    const { port, stop } = await this.#stretch(stretch, this.originPort);
    const httpUrl = urlOf(port);
    return { path: 'direct', transport: 'none', rttMs: stretch.rttMs, httpUrl, streamPort: port, bulkPort: port, stop };
  }

  /** Two relays that only pass bytes on, where a tunnel has its ends. */
  async relay(): Promise<TunnelWay> {
    const near = await BenchChild.start('bench/dist/plain-relay.js', { args: [String(this.originPort)] });
    const far = await BenchChild.start('bench/dist/plain-relay.js', { args: [String(near.ready['port'])] });
    const port = Number(far.ready['port']);
    const stop = async (): Promise<void> => {
      await far.stop();
      await near.stop();
    };
    return { path: 'relay', transport: 'none', rttMs: 0, streamPort: port, bulkPort: port, stop };
  }

  /** The bare end of the tunnel and an agent that leads to the origin, with the stretch between them. */
  async tunnel(transport: OurTransport, stretch: Stretch): Promise<TunnelWay> {
    const bare = await BenchChild.start('bench/dist/bare-tunnel.js');
    const port = Number(bare.ready['port']);
    const between = await this.#stretch(stretch, port);
    const agent = this.#startAgent(transport, urlOf(between.port), 'bench-token', ['wolf-bench']);
    const way: TunnelWay = {
      path: 'tunnel',
      transport,
      rttMs: stretch.rttMs,
      httpUrl: urlOf(port),
      streamPort: Number(bare.ready['streamPort']),
      bulkPort: Number(bare.ready['bulkPort']),
      stop: async () => {
        await agent.stop();
        await between.stop();
        await bare.stop();
      },
    };
    await leads(way);
    return way;
  }

  /** A tunnel of another make, whose programs are there. Rejects when it does not work on this machine. */
  async foreignTunnel(kind: ForeignTunnel, stretch: Stretch): Promise<TunnelWay> {
    let stopStretch: (() => Promise<void>) | undefined;
    const tunnel = await startForeignTunnel(kind, this.originPort, async (port) => {
      const between = await this.#stretch(stretch, port);
      stopStretch = between.stop;
      return between.port;
    }).catch(async (error: unknown) => {
      await stopStretch?.();
      throw error;
    });
    const way: TunnelWay = {
      path: 'tunnel',
      transport: kind,
      rttMs: stretch.rttMs,
      streamPort: tunnel.frontPort,
      bulkPort: tunnel.frontPort,
      stop: async () => {
        await tunnel.stop();
        await stopStretch?.();
      },
    };
    try {
      await leads(way, FOREIGN_LIMIT_MS);
      return way;
    } catch (error) {
      await way.stop();
      throw error;
    }
  }

  /** Stops every process of the benchmark and removes its files. */
  close(): Promise<void> {
    return removeBed(this.#folder);
  }

  /** Nothing stands before the port where the stretch is none. */
  async #stretch(
    { rttMs, mbits }: Stretch,
    port: number,
  ): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
    if (rttMs === 0 && mbits === undefined) return { port, stop: () => Promise.resolve() };
    const limit = mbits === undefined ? [] : [String(mbits)];
    const proxy = await BenchChild.start('bench/dist/delaying-proxy.js', {
      args: [String(port), String(rttMs / 2), ...limit],
    });
    return { port: Number(proxy.ready['port']), stop: () => proxy.stop() };
  }

  #startAgent(transport: OurTransport, url: string, token: string, runnerIds: readonly string[]): BenchChild {
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

function urlOf(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}

function leads({ transport, streamPort }: TunnelWay, limitMs?: number): Promise<void> {
  return until(
    `the tunnel ${transport}`,
    async () => {
      try {
        const response = await fetch(`${urlOf(streamPort)}/small`);
        await response.arrayBuffer();
        return response.status === 200;
      } catch {
        // It has no other end yet.
        return false;
      }
    },
    limitMs,
  );
}
