import { applyCapacityFunctions, SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from '@helix/scheduler';
import { DataSource } from 'typeorm';
import { BenchPostgres } from './bench-postgres.js';
import { stopAllChildren } from './child-processes.js';
import { runJob } from './child.js';
import type { PlacementJob, PlacementJobResult } from './placement-replica.js';

/** Of each instance. */
const SLOTS = 10;
const SAMPLE_MS = 100;

export interface PlacementRun {
  readonly latenciesMs: readonly number[];
  readonly refusedCount: number;
  readonly durationS: number;
  /** Hosts that were seen over their limit, looking ten times a second. */
  readonly overcommitted: number;
  /** Slots that are still taken after all have been given back. */
  readonly leaked: number;
  /** Rows of capacities that PostgreSQL read for each placement and release, by index and by scan. */
  readonly rowsReadEach: number;
  readonly rowsScannedEach: number;
}

/** A fleet in a database, and processes that place on it as replicas of the API do. */
export class PlacementBed {
  readonly #postgres: BenchPostgres;
  readonly #dataSource: DataSource;

  private constructor(postgres: BenchPostgres, dataSource: DataSource) {
    this.#postgres = postgres;
    this.#dataSource = dataSource;
  }

  static async start(): Promise<PlacementBed> {
    const postgres = await BenchPostgres.start();
    const dataSource = new DataSource({
      type: 'postgres',
      url: postgres.url,
      entities: [...SCHEDULER_ENTITIES],
      migrations: [...SCHEDULER_MIGRATIONS],
      poolSize: 2,
    });
    try {
      await dataSource.initialize();
      await dataSource.runMigrations();
      await applyCapacityFunctions(dataSource);
      await dataSource.query('CREATE TABLE floor (id text PRIMARY KEY, wolf_instance_id text NOT NULL)');
      return new PlacementBed(postgres, dataSource);
    } catch (error) {
      await postgres.close();
      throw error;
    }
  }

  /** Instead of those that are there. Their links stand as of now. */
  async makeInstances(count: number): Promise<void> {
    await this.#dataSource.query('TRUNCATE wolf_instances, placement_decisions CASCADE');
    await this.#dataSource.query(
      `INSERT INTO wolf_instances (id, name, address, max_sandboxes, gpu_vendor, link_connected, status, placement_rank, settled_version)
       SELECT 'wolf-' || n, 'Wolf ' || n, '127.0.0.1:1', $2, 'nvidia', true, 'online', 0, 1 FROM generate_series(1, $1::int) n`,
      [count, SLOTS],
    );
    await this.#dataSource.query('VACUUM ANALYZE');
  }

  /** `callers` are shared out among the processes; each does one after the other. */
  async run(what: PlacementJob['what'], callers: number, processes: number, durationMs: number): Promise<PlacementRun> {
    await this.#dataSource.query('UPDATE wolf_instances SET last_seen_at = now()');
    const before = await this.#reads();
    let overcommitted = 0;
    const sampling = setInterval(() => {
      void this.#overcommitted().then((count) => {
        overcommitted = Math.max(overcommitted, count);
      });
    }, SAMPLE_MS);
    const jobs = Array.from({ length: processes }, (_, index): PlacementJob => ({
      what,
      databaseUrl: this.#postgres.url,
      callers: Math.ceil(callers / processes),
      warmupMs: 2_000,
      durationMs,
      prefix: `${what}-${String(index)}-${String(Date.now())}`,
    }));
    const results = (await Promise.all(
      jobs.map((job) => runJob('bench/dist/placement-replica.js', job)),
    )) as PlacementJobResult[];
    clearInterval(sampling);
    const after = await this.#reads();
    const changeCount = results.reduce((sum, { changeCount: count }) => sum + count, 0);
    return {
      latenciesMs: results.flatMap(({ latenciesMs }) => latenciesMs).toSorted((one, other) => one - other),
      refusedCount: results.reduce((sum, result) => sum + result.refusedCount, 0),
      durationS: durationMs / 1_000,
      overcommitted: Math.max(overcommitted, await this.#overcommitted()),
      leaked: await this.#leaked(),
      rowsReadEach: (after.byIndex - before.byIndex) / changeCount,
      rowsScannedEach: (after.byScan - before.byScan) / changeCount,
    };
  }

  async close(): Promise<void> {
    await stopAllChildren();
    await this.#dataSource.destroy();
    await this.#postgres.close();
  }

  async #overcommitted(): Promise<number> {
    return await this.#count(
      'SELECT count(*)::int AS count FROM wolf_capacities WHERE reserved + confirmed + foreign_lobbies > max_sandboxes',
    );
  }

  async #leaked(): Promise<number> {
    return await this.#count(
      `SELECT (SELECT count(*) FROM placements)::int + (SELECT coalesce(sum(reserved + confirmed), 0) FROM wolf_capacities)::int AS count`,
    );
  }

  async #count(sql: string): Promise<number> {
    const rows = await this.#dataSource.query<{ count: number }[]>(sql);
    return rows[0]?.count ?? 0;
  }

  /** Of the rows that are looked at to choose; those that are found by a host's id are few and always the same number. */
  async #reads(): Promise<{ readonly byIndex: number; readonly byScan: number }> {
    // What other connections have read is told when they end, or a second after.
    const rows = await this.#dataSource.query<{ byIndex: string; byScan: string }[]>(
      `SELECT t.seq_tup_read AS "byScan", (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i
         WHERE i.indexrelname IN ('wolf_capacities_by_load', 'wolf_capacities_by_turn')) AS "byIndex"
       FROM pg_stat_user_tables t WHERE t.relname = 'wolf_capacities'`,
    );
    return { byIndex: Number(rows[0]?.byIndex ?? 0), byScan: Number(rows[0]?.byScan ?? 0) };
  }
}
