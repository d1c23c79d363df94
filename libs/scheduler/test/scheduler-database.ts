import { DataSource } from 'typeorm';

import { createTestDatabase } from '../../../test/support/postgres.js';
import { SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from '../src/index.js';

export interface SchedulerDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Another process's view of the same database: a pool of its own. */
  connect(): Promise<DataSource>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** A database of the test's own with the package's tables, made by its migrations. */
export async function openSchedulerDatabase(): Promise<SchedulerDatabase> {
  const database = await createTestDatabase();
  const opened: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: [...SCHEDULER_ENTITIES],
      migrations: [...SCHEDULER_MIGRATIONS],
      synchronize: false,
      poolSize: 10,
    });
    opened.push(await dataSource.initialize());
    return dataSource;
  };
  const dataSource = await connect();
  await dataSource.runMigrations();
  return {
    url: database.url,
    dataSource,
    connect,
    clear: async () => {
      await dataSource.query(
        'TRUNCATE wolf_instances, wolf_instance_events, placement_queue, placement_decisions CASCADE',
      );
    },
    close: async () => {
      await Promise.all(opened.map((source) => source.destroy()));
      await database.drop();
    },
  };
}
