import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';

import { createMigratedDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { eventually } from '@helix/pacing/testing';
import {
  applyCapacityFunctions,
  PlacementService,
  SCHEDULER_ENTITIES,
  SCHEDULER_MIGRATIONS,
  WolfInstanceRegistry,
} from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';

const SCRIPT = fileURLToPath(new URL('placing-replica.mjs', import.meta.url));
const CALLERS = 8;
/** Of what replicas say; each placement is two or three of them. */
const ENOUGH_LINES = 4_000;

class Replica {
  readonly held = new Set<string>();
  /** Those of whom it is not known whether they were released. */
  readonly doubtful = new Set<string>();
  lineCount = 0;
  readonly #child: ChildProcess;

  constructor(url: string, name: string) {
    this.#child = spawn(process.execPath, [SCRIPT, url, name, String(CALLERS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    if (this.#child.stdout === null) throw new Error('a process without pipes');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#note(line);
    });
  }

  /** Idempotent. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Resolves with its exit code when it has finished what it was at. */
  async end(): Promise<unknown> {
    const closed = once(this.#child, 'close');
    this.#child.stdin?.write('end\n');
    return (await closed)[0];
  }

  #note(line: string): void {
    this.lineCount += 1;
    const [word, session = ''] = line.split(' ');
    if (word === 'held') this.held.add(session);
    if (word === 'freeing') {
      this.held.delete(session);
      this.doubtful.add(session);
    }
    if (word === 'free') this.doubtful.delete(session);
  }
}

/** Real: PostgreSQL, and processes with pools of their own, of which one is killed with -9. */
describe('several replicas that place on one fleet', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let replicas: Replica[] = [];

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: [...SCHEDULER_ENTITIES],
      migrations: [...SCHEDULER_MIGRATIONS],
      poolSize: 4,
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    await applyCapacityFunctions(dataSource);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await dataSource.destroy();
    await database.drop();
  });

  async function count(sql: string): Promise<number> {
    const rows = await dataSource.query<{ count: number }[]>(`SELECT (${sql})::int AS count`);
    return rows[0]?.count ?? NaN;
  }

  it('hosts lost and a replica killed: no limit exceeded, nothing leaked', async () => {
    const registry = new WolfInstanceRegistry(dataSource);
    const placements = new PlacementService(dataSource);
    for (const [index, maxSandboxes] of [3, 5, 8, 13, 2, 21].entries()) {
      const gpuVendor = index % 2 === 0 ? 'nvidia' : 'amd';
      await addOnlineHost(registry, { id: `h${String(index)}`, maxSandboxes, gpuVendor });
    }
    replicas = ['one', 'two', 'three'].map((name) => new Replica(database.url, name));
    const dead = replicas[0];
    const lines = (): number => replicas.reduce((sum, { lineCount }) => sum + lineCount, 0);

    let isOver = false;
    const over: number[] = [];
    const disturb = async (): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const id = `h${String(turn % 6)}`;
        await registry.markLinkLost(id);
        over.push(
          await count(
            'SELECT count(*) FROM wolf_capacities WHERE reserved + confirmed + foreign_lobbies > max_sandboxes',
          ),
        );
        await registry.markLinkConnected(id, '127.0.0.1:1');
        // As if each of these were minutes old: those who made them do not come.
        await dataSource.query(
          `UPDATE placements SET expires_at = now() WHERE state = 'reserved' AND reserved_at < now() - interval '300 ms'`,
        );
        await placements.expireReservations();
      }
    };
    const disturbing = disturb();
    await eventually(() => {
      expect(lines()).toBeGreaterThan(ENOUGH_LINES / 2);
    }, 60_000);
    await dead?.kill();
    await eventually(() => {
      expect(lines()).toBeGreaterThan(ENOUGH_LINES);
    }, 60_000);
    const codes = await Promise.all(replicas.slice(1).map((replica) => replica.end()));
    isOver = true;
    await disturbing;
    expect(codes).toEqual([0, 0]);

    // A process that died, or never came back, loses what it had only reserved.
    await dataSource.query(
      `UPDATE placements SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
    );
    await placements.expireReservations();
    expect(Math.max(...over)).toBe(0);
    expect(await count("SELECT count(*) FROM placements WHERE state = 'reserved'")).toBe(0);
    expect(
      await count(`SELECT count(*) FROM wolf_capacities c WHERE reserved <> 0 OR confirmed <>
        (SELECT count(*) FROM placements p WHERE p.wolf_instance_id = c.wolf_instance_id)`),
    ).toBe(0);
    const rows = await dataSource.query<{ session_id: string }[]>('SELECT session_id FROM placements');
    const holders = new Set(rows.map(({ session_id: id }) => id));
    const held = replicas.flatMap((replica) => [...replica.held]);
    expect(held.filter((id) => !holders.has(id))).toEqual([]);
    // What was confirmed without a word, or was being released: only by the one that was killed, and one for each caller at most.
    const known = new Set(held);
    const unknown = [...holders].filter((id) => !known.has(id));
    expect(unknown.every((id) => id.startsWith('one-'))).toBe(true);
    expect(unknown.length).toBeLessThanOrEqual(CALLERS);
    expect(await count('SELECT count(*) FROM placement_queue')).toBeLessThanOrEqual(CALLERS);
  }, 150_000);
});
