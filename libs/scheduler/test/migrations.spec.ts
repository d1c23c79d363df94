import { createTestDatabase } from '../../../test/support/postgres.js';
import { SCHEDULER_MIGRATIONS } from '../src/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL. */
describe('the migrations of the scheduler', () => {
  let database: SchedulerDatabase;

  beforeAll(async () => {
    database = await openSchedulerDatabase(createTestDatabase);
  });
  afterAll(() => database.close());

  it('make exactly the tables that the entities describe', async () => {
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be undone and done again', async () => {
    for (let left: number = SCHEDULER_MIGRATIONS.length; left > 0; left -= 1)
      await database.dataSource.undoLastMigration();
    await expect(database.dataSource.query('SELECT 1 FROM placements')).rejects.toMatchObject({ code: '42P01' });
    await expect(database.dataSource.query('SELECT 1 FROM wolf_instances')).rejects.toMatchObject({ code: '42P01' });
    expect(await database.dataSource.runMigrations()).toHaveLength(SCHEDULER_MIGRATIONS.length);
  });
});
