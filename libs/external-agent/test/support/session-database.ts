import { applyCapacityFunctions, SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from '@helix/scheduler';
import { DataSource } from 'typeorm';

import { createMigratedDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { EXTERNAL_AGENT_ENTITIES, EXTERNAL_AGENT_MIGRATIONS } from '../../src/index.js';

export interface SessionDatabase {
  readonly dataSource: DataSource;
  /** Another replica's view of the same database: a pool of its own. */
  connect(): Promise<DataSource>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** A database of the test's own with all tables; of an empty one, with those that sessions and placements need. */
export async function openSessionDatabase(
  create: () => Promise<TestDatabase> = createMigratedDatabase,
): Promise<SessionDatabase> {
  const database = await create();
  const opened: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: [...SCHEDULER_ENTITIES, ...EXTERNAL_AGENT_ENTITIES],
      migrations: [...SCHEDULER_MIGRATIONS, ...EXTERNAL_AGENT_MIGRATIONS],
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
    dataSource,
    connect,
    clear: async () => {
      // Of a few rows that is quicker than to truncate the tables.
      await dataSource.query(
        `DELETE FROM sessions; DELETE FROM placements; DELETE FROM placement_queue; DELETE FROM placement_decisions;
         DELETE FROM wolf_instances; DELETE FROM wolf_instance_events`,
      );
    },
    close: async () => {
      await Promise.all(opened.filter((source) => source.isInitialized).map((source) => source.destroy()));
      await database.drop();
    },
  };
}
