import { createSessionId } from '@helix/external-agent';
import { PlacementService, StatusSweeper, WolfInstanceRegistry } from '@helix/scheduler';
import { DataSource } from 'typeorm';
import { createTestDatabase } from '../../../test/support/postgres.js';
import { dataSourceOptions } from '../src/bootstrap/data-source-options.js';
import { openDataSource } from '../src/database/open-data-source.js';

/** The first migration of this release; each bears its time at the end of its name. */
const THIS_RELEASE = 1_764_004_000_000;

function timeOf(name: string): number {
  return Number(name.slice(-13));
}

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

  it('update the previous release’s data once when two replicas start together', async () => {
    const database = await createTestDatabase();
    const opened: DataSource[] = [];
    const sessionId = createSessionId();
    try {
      const options = dataSourceOptions(database.url, 2);
      const lastRelease = Object.values(options.migrations ?? []).filter(
        (migration) => typeof migration === 'function' && timeOf(migration.name) < THIS_RELEASE,
      );
      const before = new DataSource({ ...options, migrations: lastRelease });
      opened.push(await before.initialize());
      await before.runMigrations();
      await before.query(
        `INSERT INTO wolf_instances (id, name, address, auto_registered, gpu_vendor, max_sandboxes, sway_version, link_connected)
         VALUES ('known', 'Known', '10.0.0.1:1', false, 'nvidia', 4, 'v7', true),
                ('found', 'Wolf found', '10.0.0.2:1', true, '', 20, '', false)`,
      );
      await before.query(
        `INSERT INTO placements (session_id, wolf_instance_id, state, confirmed_at)
         VALUES ('ses_1', 'known', 'confirmed', now()), ('ses_2', 'known', 'confirmed', now()), ('ses_3', 'known', 'reserved', NULL)`,
      );
      await before.query(
        `INSERT INTO sessions (id, owner_id, name, state, desired, lobby_pin, display, environment, labels, start_attempts, version)
         VALUES ($1, 'alice', 'one', 'running', 'running', '0000', '{}', '[]', '{}', 1, 1)`,
        [sessionId],
      );
      await before.query(
        `WITH named (name, content_type) AS (
           VALUES ('png', 'image/png'), ('list', 'image/png; x, text/html'), ('caps', ' Image/JPEG '), ('html', 'text/html'),
                  ('svg', 'image/svg+xml'), ('both', 'image/png, text/html')),
         kept AS (SELECT 'ses_' || lpad(name, 26, '0') AS id, content_type FROM named),
         made AS (
           INSERT INTO sessions (id, owner_id, name, state, desired, lobby_pin, display, environment, labels, start_attempts, version)
           SELECT id, 'bob', 'two', 'stopped', 'stopped', '0000', '{}', '[]', '{}', 1, 1 FROM kept)
         INSERT INTO session_pictures (session_id, content_type, picture) SELECT id, content_type, 'p' FROM kept`,
      );

      const replicas = await Promise.all([openDataSource(options), openDataSource(options)]);
      opened.push(...replicas);
      const [after] = replicas;
      const names = await after.query<{ name: string }[]>('SELECT name FROM migrations');
      expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
      expect(names).toHaveLength(after.migrations.length);

      const registry = new WolfInstanceRegistry(after);
      const placements = new PlacementService(after);
      // No report has come since: the sweep of each replica settles them.
      await new StatusSweeper(after).sweep();
      expect(await registry.find('known')).toMatchObject({
        status: 'online',
        hostMaxSandboxes: 4,
        connectedSandboxCount: 3,
        capacity: { reserved: 1, confirmed: 2, maxSandboxes: 4, gpuVendor: 'nvidia', images: { 'helix-sway': 'v7' } },
      });
      expect(await registry.find('found')).toMatchObject({
        status: 'offline',
        hostMaxSandboxes: null,
        maxSandboxes: 20,
      });
      // What was under way has an end now.
      expect((await placements.find('ses_3'))?.expiresAt).toBeInstanceOf(Date);
      expect(await placements.place({ sessionId: 'ses_4' })).toMatchObject({ wolfInstanceId: 'known' });
      expect(await placements.place({ sessionId: 'ses_5' })).toMatchObject({ reason: 'all-full' });
      expect(await after.query(`SELECT id, generation, on_host_lost FROM sessions WHERE owner_id = 'alice'`)).toEqual([
        { id: sessionId, generation: 1, on_host_lost: 'fail' },
      ]);
      const pictures = await after.query<{ name: string; content_type: string }[]>(
        `SELECT ltrim(substr(session_id, 5), '0') AS name, content_type FROM session_pictures ORDER BY name`,
      );
      expect(pictures).toEqual([
        { name: 'caps', content_type: 'image/jpeg' },
        { name: 'list', content_type: 'image/png' },
        { name: 'png', content_type: 'image/png' },
      ]);
    } finally {
      await Promise.all(opened.map((source) => source.destroy()));
      await database.drop();
    }
  });
});
