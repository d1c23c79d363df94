import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call, connected, freePort, removeBed, until } from './bed-calls.js';
import { BenchChild } from './child.js';
import { metricValue } from './metric-value.js';

/** Each lists all its lobbies several times for each create, which is not what is measured: a fleet keeps the lists short. */
const HOSTS_COUNT = 4;
/** Creates at once: more would wait for placements and for Wolf. */
const CREATES_COUNT = 8;

const CONNECTED_DESKTOPS = 'helix_runners{kind="sandbox",state="connected"}';

interface BedParts {
  readonly folder: string;
  readonly apiUrl: string;
  readonly userKey: string;
  readonly adminKey: string;
  readonly runnerToken: string;
  readonly hostIds: readonly string[];
  readonly wolfUrls: readonly string[];
  readonly desktopsUrl: string;
  readonly pictureBytes: number;
}

/** One API with its database, a fleet of simulated hosts with real agents, and as many light desktops as are asked for. */
export class SessionsBed {
  readonly apiUrl: string;
  readonly userKey: string;
  readonly adminKey: string;
  readonly runnerToken: string;
  readonly hostIds: readonly string[];
  /** Where each simulated Wolf tells its counts. */
  readonly wolfUrls: readonly string[];
  readonly pictureBytes: number;
  readonly #parts: BedParts;
  readonly #sessionIds: string[] = [];

  private constructor(parts: BedParts) {
    this.#parts = parts;
    this.apiUrl = parts.apiUrl;
    this.userKey = parts.userKey;
    this.adminKey = parts.adminKey;
    this.runnerToken = parts.runnerToken;
    this.hostIds = parts.hostIds;
    this.wolfUrls = parts.wolfUrls;
    this.pictureBytes = parts.pictureBytes;
  }

  /** Leaves nothing behind when it fails. */
  static async start(
    maxSessions: number,
    pictureKib: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<SessionsBed> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
    try {
      return await SessionsBed.#startIn(folder, maxSessions, pictureKib, settings);
    } catch (error) {
      await removeBed(folder);
      throw error;
    }
  }

  static async #startIn(
    folder: string,
    maxSessions: number,
    pictureKib: number,
    settings: Readonly<Record<string, string>>,
  ): Promise<SessionsBed> {
    // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
    await chmod(folder, 0o711);
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
        METRICS_PUBLIC: 'true',
        LOG_LEVEL: 'info',
        ...settings,
      },
    });
    const wolfUrls: string[] = [];
    const hostIds: string[] = [];
    for (let index = 0; index < HOSTS_COUNT; index += 1) {
      const id = `bench-${String(index)}`;
      const host = await BenchChild.start('apps/sandbox-simulator/dist/main.js', {
        args: ['--api-url', apiUrl, '--instance-id', id, '--desktops', 'none', '--max-sandboxes', String(maxSessions)],
        environment: { RUNNER_TOKEN: runnerToken },
      });
      hostIds.push(id);
      wolfUrls.push(`${String(host.ready['controlUrl'])}/wolf`);
      await connected(apiUrl, adminKey, `wolf-${id}`);
    }
    const made = await call(apiUrl, adminKey, 'POST', '/api/v1/admin/api-keys', { user_id: 'bench' });
    const userKey = String(made['key']);
    const desktops = await BenchChild.start('bench/dist/light-desktops.js', {
      environment: { API_URL: apiUrl, TOKEN: userKey, PICTURE_KIB: String(pictureKib) },
    });
    const desktopsUrl = `http://127.0.0.1:${String(desktops.ready['port'])}`;
    const pictureBytes = Number(desktops.ready['pictureBytes']);
    return new SessionsBed({
      folder,
      apiUrl,
      userKey,
      adminKey,
      runnerToken,
      hostIds,
      wolfUrls,
      desktopsUrl,
      pictureBytes,
    });
  }

  /** That many sessions whose desktops are connected. Those that are missing are created. */
  async sessions(count: number): Promise<readonly string[]> {
    const missing = count - this.#sessionIds.length;
    let left = missing;
    const create = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const session = await call(this.apiUrl, this.userKey, 'POST', '/api/v1/external-agents', {});
        this.#sessionIds.push(String(session['session_id']));
      }
    };
    await Promise.all(Array.from({ length: Math.min(CREATES_COUNT, Math.max(missing, 0)) }, create));
    if (missing > 0) {
      const body = JSON.stringify(this.#sessionIds.slice(-missing));
      const answer = await fetch(`${this.#parts.desktopsUrl}/links`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`the light desktops answered ${String(answer.status)}`);
    }
    await until('the light desktops', async () => {
      const metrics = await (await fetch(`${this.apiUrl}/metrics`)).text();
      return metricValue(metrics, CONNECTED_DESKTOPS) >= count;
    });
    return this.#sessionIds.slice(0, count);
  }

  /** Stops every process of the benchmark and removes its files. */
  close(): Promise<void> {
    return removeBed(this.#parts.folder);
  }
}
