/**
 * `npm run bench -- hostile-input`: how long `/healthz` waits at most while a client sends the API what is meant to hurt: strangers, users,
 * hosts and desktops. One input after the other, each sent by a process of its own; the first row is without any. The last line is JSON.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { benchOptions } from './bench-options.js';
import { call, connected, freePort, removeBed } from './bed-calls.js';
import { BenchChild, runJob } from './child.js';
import { HOSTILE_REQUESTS, type HostileTarget } from './hostile-requests.js';
import { runOnBed } from './run-on-bed.js';

const { from } = benchOptions({
  name: 'hostile-input',
  about:
    'How long /healthz waits at most while strangers, users, hosts and desktops send the API what is meant to hurt, one input after the other.',
  options: {
    from: { kind: 'choices', choices: ['stranger', 'user', 'host', 'desktop'], about: 'whose inputs' },
  },
});

/** Between two questions; what the event loop is held up for is seen whole by the one that waits. */
const POLL_MS = 5;
const IDLE_MS = 2_000;

interface Row {
  readonly name: string;
  readonly healthzMaxMs: number;
  readonly cpuMs: number;
  readonly statuses: readonly number[];
}

/** The API with its database, a simulated host, and a desktop that answers what it is told to. */
class HostileBed {
  constructor(
    readonly target: HostileTarget,
    readonly api: BenchChild,
    readonly desktopUrl: string,
    private readonly folder: string,
  ) {}

  static async start(): Promise<HostileBed> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
    try {
      return await HostileBed.startIn(folder);
    } catch (error) {
      await removeBed(folder);
      throw error;
    }
  }

  private static async startIn(folder: string): Promise<HostileBed> {
    // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
    await chmod(folder, 0o711);
    const apiUrl = `http://127.0.0.1:${String(await freePort())}`;
    const runnerToken = randomBytes(24).toString('base64url');
    const adminKey = `hl-${randomBytes(24).toString('base64url')}`;
    const api = await BenchChild.start('apps/api/dist/main.js', {
      environment: {
        HOST: '127.0.0.1',
        PORT: new URL(apiUrl).port,
        SERVER_URL: apiUrl,
        HELIX_DATA_DIR: folder,
        RUNNER_TOKEN: runnerToken,
        ADMIN_API_KEY: adminKey,
        DESKTOP_EXEC_ENABLED: 'true',
      },
    });
    await BenchChild.start('apps/sandbox-simulator/dist/main.js', {
      args: ['--api-url', apiUrl, '--instance-id', 'bench', '--desktops', 'none'],
      environment: { RUNNER_TOKEN: runnerToken },
    });
    const { key } = await call(apiUrl, adminKey, 'POST', '/api/v1/admin/api-keys', { user_id: 'bench' });
    const userKey = String(key);
    await connected(apiUrl, adminKey, 'wolf-bench');
    const { session_id: session } = await call(apiUrl, userKey, 'POST', '/api/v1/external-agents', {});
    const sessionId = String(session);
    const desktop = await BenchChild.start('bench/dist/hostile-desktop.js');
    const desktopPort = String(desktop.ready['port']);
    BenchChild.startQuiet('apps/revdial-agent/dist/main.js', {
      args: ['--log-level', 'warn', '--tunnel', `sandbox-${sessionId}=127.0.0.1:${desktopPort}`],
      environment: { HELIX_API_URL: apiUrl, RUNNER_TOKEN: userKey },
    });
    await connected(apiUrl, adminKey, `sandbox-${sessionId}`);
    const target = { apiUrl, userKey, runnerToken, sessionId };
    return new HostileBed(target, api, `http://127.0.0.1:${desktopPort}`, folder);
  }

  /** Sends the input, or nothing for a while, and watches how the API does meanwhile. */
  async measure(name: string): Promise<Row> {
    const request = HOSTILE_REQUESTS[name];
    const kind = encodeURIComponent(request?.desktop ?? '');
    await fetch(`${this.desktopUrl}/next?kind=${kind}`, { method: 'POST' });
    const cpuBefore = cpuMsOf(this.api.pid);
    const watch = new HealthWatch(this.target.apiUrl);
    const job =
      request === undefined ? delay(IDLE_MS) : runJob('bench/dist/hostile-sender.js', { name, target: this.target });
    const done = (await job.finally(() => watch.stop())) as { readonly statuses?: readonly number[] } | undefined;
    return {
      name,
      healthzMaxMs: await watch.maxMs,
      cpuMs: cpuMsOf(this.api.pid) - cpuBefore,
      statuses: done?.statuses ?? [],
    };
  }

  close(): Promise<void> {
    return removeBed(this.folder);
  }
}

/** Asks for `/healthz` over and over until it is stopped. */
class HealthWatch {
  /** The longest that an answer took; Infinity when one did not come. */
  readonly maxMs: Promise<number>;
  #isStopped = false;

  constructor(apiUrl: string) {
    this.maxMs = this.#watch(`${apiUrl}/healthz`);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #watch(url: string): Promise<number> {
    let maxMs = 0;
    while (!this.#isStopped) {
      const askedAt = performance.now();
      const isWell = await fetch(url).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
        () => false,
      );
      if (!isWell) return Infinity;
      maxMs = Math.max(maxMs, performance.now() - askedAt);
      await delay(POLL_MS);
    }
    return Math.round(maxMs);
  }
}

/** Processor time that a process has used; 0 where the system does not tell. */
function cpuMsOf(pid: number): number {
  try {
    const fields =
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

await runOnBed(
  () => HostileBed.start(),
  async (bed) => {
    const names = Object.keys(HOSTILE_REQUESTS).filter((name) => from.some((who) => name.startsWith(who)));
    process.stdout.write(`${'input'.padEnd(60)}${'healthz ms'.padStart(11)}${'cpu ms'.padStart(8)}  answers\n`);
    const rows: Row[] = [];
    for (const name of ['nothing', ...names]) {
      const row = await bed.measure(name);
      rows.push(row);
      const figures = `${String(row.healthzMaxMs).padStart(11)}${String(row.cpuMs).padStart(8)}`;
      process.stdout.write(`${name.padEnd(60)}${figures}  ${row.statuses.join(' ')}\n`);
    }
    const [idle, ...hostile] = rows;
    const worst = hostile.reduce<Row | undefined>(
      (most, row) => (most === undefined || row.healthzMaxMs > most.healthzMaxMs ? row : most),
      undefined,
    );
    const summary = { idleMaxMs: idle?.healthzMaxMs, healthzMaxMs: worst?.healthzMaxMs, worst: worst?.name };
    process.stdout.write(`${JSON.stringify({ bench: 'hostile-input', ...summary, inputs: hostile })}\n`);
  },
);
