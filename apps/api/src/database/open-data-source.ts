import { DataSource, type DataSourceOptions } from 'typeorm';

/** Two replicas that start together must not run the same migration twice. Any fixed number; this one spells "helix". */
const MIGRATION_LOCK = 0x68656c6978;

/** Connects and brings the tables up to date; one replica at a time. */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    try {
      await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await dataSource.runMigrations();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await runner.release();
    }
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
