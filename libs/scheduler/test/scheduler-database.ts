import { DataSource } from 'typeorm';

import { createMigratedDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { applyCapacityFunctions, SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from '../src/index.js';

export interface SchedulerDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Another process's view of the same database: a pool of its own. */
  connect(): Promise<DataSource>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** A database of the test's own with all tables; of an empty one, with those that the package's own migrations make. */
export async function openSchedulerDatabase(
  create: () => Promise<TestDatabase> = createMigratedDatabase,
): Promise<SchedulerDatabase> {
  const database = await create();
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
  await applyCapacityFunctions(dataSource);
  return {
    url: database.url,
    dataSource,
    connect,
    clear: async () => {
      // Of a few rows that is quicker than to truncate the tables.
      await dataSource.query(
        `DELETE FROM placements; DELETE FROM placement_queue; DELETE FROM placement_decisions; DELETE FROM wolf_instances;
         DELETE FROM wolf_instance_events`,
      );
    },
    close: async () => {
      await Promise.all(opened.map((source) => source.destroy()));
      await database.drop();
    },
  };
}
