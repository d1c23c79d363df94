import { createTestDatabase } from '../../../test/support/postgres.js';
import { dataSourceOptions } from '../src/database/data-source-options.js';
import { openDataSource } from '../src/database/open-data-source.js';

describe('the migrations of the whole application', () => {
  it('are undone to the last trace, triggers and their functions included', async () => {
    const database = await createTestDatabase();
    const dataSource = await openDataSource(dataSourceOptions(database.url, 2));
    try {
      const leftOver = async (): Promise<unknown> =>
        await dataSource.query(
          `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
            UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
        );
      expect(await leftOver()).toContainEqual({ name: 'announce_api_key_change' });
      for (let left = dataSource.migrations.length; left > 0; left -= 1) await dataSource.undoLastMigration();
      expect(await leftOver()).toEqual([{ name: 'migrations' }]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});
