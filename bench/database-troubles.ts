/**
 * `npm run bench -- database-troubles`: what the API answers while its database is in trouble, and how many seconds after the end of each
 * trouble (for a dead path: after its beginning) it serves again. API and PostgreSQL are the benchmark's own.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { benchOptions } from './bench-options.js';
import { BenchPostgres } from './bench-postgres.js';
import { BenchChild } from './child.js';
import { runOnBed } from './run-on-bed.js';

const { seconds } = benchOptions({
  name: 'database-troubles',
  about:
    'What the API answers while its database is in trouble, and how many seconds after the end of each trouble it serves again; after its beginning for a dead path, which only the API can notice.',
  options: {
    seconds: { kind: 'number', min: 1, unit: 'seconds', default: 12, about: 'how long each trouble lasts' },
  },
});
const RECOVERY_LIMIT_MS = 60_000;
const POLL_MS = 200;

/** TCP in front of PostgreSQL, which fails as networks do. */
class Path {
  isCut = false;
  readonly #pairs = new Map<Socket, { isFrozen: boolean }>();
  readonly #server: Server;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => {
      if (this.isCut) {
        near.destroy();
        return;
      }
      const far = connect(target);
      const pair = { isFrozen: false };
      this.#pairs.set(near, pair);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (bytes) => {
          if (!pair.isFrozen) to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#pairs.delete(near);
          to.destroy();
        });
      }
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  freeze(): void {
    for (const pair of this.#pairs.values()) pair.isFrozen = true;
  }

  cut(): void {
    for (const near of this.#pairs.keys()) near.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

interface Trouble {
  readonly what: string;
  /** Is over by itself: recovery is counted from its beginning. */
  readonly isMoment?: boolean;
  begin(): Promise<unknown>;
  end?(): Promise<unknown>;
}

class Bed {
  readonly key = `hl-${randomBytes(24).toString('hex')}`;
  readonly role = 'bench';

  private constructor(
    readonly postgres: BenchPostgres,
    readonly admin: pg.Client,
    readonly path: Path,
    readonly name: string,
  ) {}

  api: BenchChild | undefined;

  static async start(): Promise<Bed> {
    const postgres = await BenchPostgres.start();
    const admin = new pg.Client({ connectionString: postgres.url });
    await admin.connect();
    const url = new URL(postgres.url);
    const path = new Path({ host: url.hostname, port: Number(url.port) });
    const bed = new Bed(postgres, admin, path, url.pathname.slice(1));
    await admin.query(`CREATE ROLE bench LOGIN PASSWORD 'first'; ALTER DATABASE ${pg.escapeIdentifier(bed.name)} OWNER TO bench;
      GRANT ALL ON SCHEMA public TO bench`);
    Object.assign(url, {
      hostname: '127.0.0.1',
      port: String(await path.listen()),
      username: 'bench',
      password: 'first',
    });
    bed.api = await BenchChild.start('apps/api/dist/main.js', {
      environment: {
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: url.href,
        RUNNER_TOKEN: randomBytes(24).toString('hex'),
        ADMIN_API_KEY: bed.key,
      },
    });
    return bed;
  }

  terminate(): Promise<unknown> {
    return this.admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bench'`);
  }

  /** `200`, or status and code. A create is served when it is refused for want of a host: that took a write. */
  async ask(method: 'GET' | 'POST', route: string): Promise<string> {
    const started = await fetch(`${String(this.api?.ready['url'])}${route}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
    const { code } = (await started.json()) as { readonly code?: string };
    return started.ok || code?.startsWith('PLACEMENT_NO') === true
      ? '200'
      : `${String(started.status)} ${String(code)}`;
  }

  async close(): Promise<void> {
    await this.api?.stop();
    this.path.close();
    await this.admin.end();
    await this.postgres.close();
  }
}

await runOnBed(() => Bed.start(), measure);

async function measure(bed: Bed): Promise<void> {
  const figures: Record<string, number> = {};
  for (const trouble of await troublesOf(bed)) {
    const answers = new Map<string, number>();
    // As many connections as there may be.
    await Promise.all(Array.from({ length: 40 }, () => bed.ask('GET', '/api/v1/sessions')));
    let beganAtMs = performance.now();
    const servedAtMs = new Map<string, number>();
    let isOver = trouble.isMoment === true;
    const probe = async (name: string, method: 'GET' | 'POST', route: string): Promise<void> => {
      while (performance.now() - beganAtMs < RECOVERY_LIMIT_MS) {
        const wasOver = isOver;
        const answer = await bed.ask(method, route);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        if (answer !== '200') servedAtMs.delete(name);
        else if (wasOver && !servedAtMs.has(name)) servedAtMs.set(name, performance.now());
        // Served from then on: a good answer among bad ones is not the end.
        if (
          servedAtMs.has(name) &&
          performance.now() - (servedAtMs.get(name) ?? 0) > (trouble.isMoment ? 12_000 : 2_000)
        )
          return;
        await delay(POLL_MS);
      }
      throw new Error(`${trouble.what}: ${name} is not served again`);
    };
    await trouble.begin();
    const probes = Promise.all([
      probe('list', 'GET', '/api/v1/sessions'),
      probe('hosts', 'GET', '/api/v1/wolf-instances'),
      probe('create', 'POST', '/api/v1/external-agents'),
      probe('readyz', 'GET', '/readyz'),
    ]);
    if (trouble.end !== undefined) {
      await delay(seconds * 1_000);
      await trouble.end();
      isOver = true;
      beganAtMs = performance.now();
    }
    await probes;
    const recoveredS = Math.round((Math.max(...servedAtMs.values()) - beganAtMs) / 100) / 10;
    figures[trouble.what] = recoveredS;
    const told = [...answers].map(([answer, count]) => `${String(count)} × ${answer}`).join(', ');
    process.stdout.write(`${trouble.what.padEnd(44)} ${recoveredS.toFixed(1).padStart(5)} s   ${told}\n`);
  }
  process.stdout.write(`${JSON.stringify({ bench: 'database-troubles', lastedS: seconds, recoveredS: figures })}\n`);
}

async function troublesOf(bed: Bed): Promise<readonly Trouble[]> {
  const { admin, path } = bed;
  const database = pg.escapeIdentifier(bed.name);
  const { rows } = await admin.query<{ pid: string }>(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  );
  const postmaster = Number(rows[0]?.pid);
  let stopped: readonly number[] = [];
  let locker: pg.Client | undefined;
  return [
    {
      what: 'connections cut, new ones refused',
      begin: () => {
        path.isCut = true;
        path.cut();
        return Promise.resolve();
      },
      end: () => {
        path.isCut = false;
        return Promise.resolve();
      },
    },
    {
      what: 'all standing connections on a dead path',
      isMoment: true,
      begin: () => {
        path.freeze();
        return Promise.resolve();
      },
    },
    { what: 'sessions ended by the server (57P01)', isMoment: true, begin: () => bed.terminate() },
    {
      what: 'the server hangs (SIGSTOP)',
      begin: async () => {
        const found = await admin.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE usename = 'bench'`);
        stopped = [postmaster, ...found.rows.map(({ pid }) => pid)];
        for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      },
      end: () => {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
        return Promise.resolve();
      },
    },
    {
      what: 'failover to a server without writes (25006)',
      begin: async () => {
        await admin.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
        await bed.terminate();
      },
      end: async () => {
        await admin.query(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
        await bed.terminate();
      },
    },
    {
      what: 'no connections left (53300)',
      begin: async () => {
        await admin.query('ALTER ROLE bench CONNECTION LIMIT 0');
        await bed.terminate();
      },
      end: () => admin.query('ALTER ROLE bench CONNECTION LIMIT -1'),
    },
    {
      what: 'the password was changed (28P01)',
      begin: async () => {
        await admin.query(`ALTER ROLE bench PASSWORD 'second'`);
        await bed.terminate();
      },
      end: () => admin.query(`ALTER ROLE bench PASSWORD 'first'`),
    },
    {
      what: 'a table is locked (55P03)',
      begin: async () => {
        locker = new pg.Client({ connectionString: bed.postgres.url });
        await locker.connect();
        await locker.query('BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
      },
      end: () => locker?.end() ?? Promise.resolve(),
    },
    {
      what: 'the disk is full (53100)',
      begin: () =>
        admin.query(`CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
          CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON sessions FOR EACH STATEMENT EXECUTE FUNCTION disk_full();
          CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON replicas FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`),
      end: () => admin.query('DROP FUNCTION disk_full CASCADE'),
    },
  ];
}
