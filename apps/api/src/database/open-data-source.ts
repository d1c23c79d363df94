import { setTimeout as delay } from 'node:timers/promises';
import { applyCapacityFunctions } from '@helix/scheduler';
import type pg from 'pg';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import type { DatabasePoolConfig } from './connections/database-pool.js';
import { sessionSettings, type SessionTimes } from './connections/session-settings.js';
import { databaseTroubleOf } from './database-trouble.js';
import { DATABASE_LIMITS } from '../limits.js';

export type ApiDataSourceOptions = Extract<DataSourceOptions, { readonly type: 'postgres' }>;

/** Two replicas that start together must not run the same migration twice. Any fixed number; this one spells "helix". */
const MIGRATION_LOCK = 0x68656c6978;

/** The database belongs to a newer release, whose tables this one does not know. */
export class SchemaTooNewError extends Error {
  readonly code = 'SCHEMA_TOO_NEW';

  constructor(unknown: readonly string[]) {
    super(
      `the database was brought up to date by a newer release, of which this one does not know: ${unknown.join(', ')}. ` +
        'Start that release, or restore the backup that was made before the upgrade',
    );
    this.name = 'SchemaTooNewError';
  }
}

/**
 * Connects and brings the tables and functions up to date; one replica at a time.
 * @throws SchemaTooNewError, before anything is changed; else what the driver says
 */
export async function openDataSource(options: ApiDataSourceOptions): Promise<DataSource> {
  try {
    const schema = await migrate(options);
    const { silenceMs } = DATABASE_LIMITS;
    return await new DataSource({ ...options, extra: poolConfig(schema, DATABASE_LIMITS, silenceMs) }).initialize();
  } catch (error) {
    // To an operator who waits for the start the reason says more than that there is one.
    throw databaseTroubleOf(error)?.cause ?? error;
  }
}

/** Resolves with the schema of the tables. */
async function migrate(options: ApiDataSourceOptions): Promise<string> {
  const { migrationStatementMs, migrationWaitMs, connectMs } = DATABASE_LIMITS;
  const times = {
    lockMs: migrationWaitMs,
    statementMs: migrationStatementMs,
    idleInTransactionMs: migrationStatementMs,
  };
  const extra = (schema?: string) => poolConfig(schema, times, migrationStatementMs + connectMs);
  const schema = await withDataSource({ ...options, poolSize: 1, migrations: [], extra: extra() }, findSchema);
  await withDataSource({ ...options, poolSize: 2, extra: extra(schema) }, async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    try {
      await lockMigrations(runner);
      await refuseNewerSchema(dataSource, runner);
      await dataSource.runMigrations();
      await applyCapacityFunctions(dataSource);
    } finally {
      // The lock goes with its connection.
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await runner.release();
    }
  });
  return schema;
}

async function withDataSource<T>(
  options: ApiDataSourceOptions,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(options).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Where the tables are or will be. A role's `search_path` may be another than when they were made: then they are looked for in
 * `public` too, so that the installation does not look empty.
 */
async function findSchema(dataSource: DataSource): Promise<string> {
  const [found] = await dataSource.query<{ current: string | null; has: boolean; isPublic: boolean }[]>(
    `SELECT current_schema() AS current,
       to_regclass(format('%I.wolf_instances', current_schema())) IS NOT NULL AS has,
       to_regclass('public.wolf_instances') IS NOT NULL AS "isPublic"`,
  );
  // A path that leads nowhere but to temporary tables is none.
  const current = found?.current?.startsWith('pg_') === false ? found.current : 'public';
  return found?.has !== true && found?.isPublic === true ? 'public' : current;
}

async function lockMigrations(runner: QueryRunner): Promise<void> {
  const endsAtMs = performance.now() + DATABASE_LIMITS.migrationWaitMs;
  for (;;) {
    // Asked over and over, so that a connection which is lost meanwhile is noticed.
    const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS locked', [MIGRATION_LOCK])) as {
      locked: boolean;
    }[];
    if (row?.locked === true) return;
    if (performance.now() > endsAtMs) throw new Error('another process does not end its migrations of the database');
    await delay(DATABASE_LIMITS.migrationPollMs);
  }
}

async function refuseNewerSchema(dataSource: DataSource, runner: QueryRunner): Promise<void> {
  if (!(await runner.hasTable('migrations'))) return;
  const rows = (await runner.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
  const known = new Set(dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name));
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
}

/** For the pool: connections that use this schema, where it is known, and give up in time. */
export function poolConfig(schema: string | undefined, times: SessionTimes, silenceMs: number): DatabasePoolConfig {
  const settings = sessionSettings(schema, times);
  // The pool waits for what this returns, though its type does not say so.
  const onConnect = (connection: pg.ClientBase): unknown => connection.query(settings);
  return { keepAlive: true, silenceMs, onConnect };
}
