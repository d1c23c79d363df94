import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase } from '../../../../test/support/postgres.js';

/** An empty database and a role of its own that owns it, as operators set them up; `admin` may do what they may. */
export class RoleDatabase {
  private constructor(
    /** For the role. */
    readonly url: string,
    readonly role: string,
    readonly name: string,
    /** As the server's superuser, within the database. */
    readonly admin: pg.Client,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  static async create(): Promise<RoleDatabase> {
    const database = await createTestDatabase();
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    const role = `role_${randomBytes(8).toString('hex')}`;
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    url.username = role;
    url.password = 'first';
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'; ALTER DATABASE ${name} OWNER TO ${role};
      GRANT ALL ON SCHEMA public TO ${role}`);
    return new RoleDatabase(url.href, role, name, admin, () => database.drop());
  }

  /** Ends the role's sessions, as a restart of the server or an operator does. */
  async terminate(): Promise<void> {
    await this.admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [this.role]);
  }

  async drop(): Promise<void> {
    await this.terminate();
    const server = new pg.Client({ connectionString: this.#serverUrl() });
    await this.admin.end();
    await this.dropDatabase();
    await server.connect();
    await server.query(`DROP ROLE IF EXISTS ${this.role}`);
    await server.end();
  }

  #serverUrl(): string {
    const serverUrl = process.env['TEST_POSTGRES_URL'];
    if (serverUrl === undefined) throw new Error('TEST_POSTGRES_URL is not set');
    return serverUrl;
  }
}
