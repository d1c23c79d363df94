import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { freePort } from './free-port.js';
import { eventually } from '@helix/pacing/testing';
import { ManagedProcess } from './managed-process.js';
import { createMigratedDatabase } from './postgres.js';
import { RestClient } from './rest-client.js';

/** The built API as a process, on a database of its own, with callers to speak to it. */
export class ControlPlane {
  readonly url: string;
  readonly runnerToken: string;
  readonly admin: RestClient;
  readonly stranger: RestClient;
  api: ManagedProcess;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #dropDatabase: () => Promise<void>;

  private constructor(environment: Record<string, string>, adminKey: string, dropDatabase: () => Promise<void>) {
    this.url = `http://127.0.0.1:${environment['PORT'] ?? ''}`;
    this.runnerToken = environment['RUNNER_TOKEN'] ?? '';
    this.admin = new RestClient(this.url, adminKey);
    this.stranger = new RestClient(this.url, undefined);
    this.#environment = environment;
    this.#dropDatabase = dropDatabase;
    this.api = this.#launch();
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<ControlPlane> {
    const database = await createMigratedDatabase();
    const port = String(await freePort());
    const adminKey = `hl-${randomBytes(24).toString('base64url')}`;
    const plane = new ControlPlane(
      {
        HOST: '127.0.0.1',
        PORT: port,
        SERVER_URL: `http://127.0.0.1:${port}`,
        DATABASE_URL: database.url,
        RUNNER_TOKEN: randomBytes(24).toString('base64url'),
        ADMIN_API_KEY: adminKey,
        LOG_LEVEL: 'info',
        ...settings,
      },
      adminKey,
      () => database.drop(),
    );
    await plane.api.message('ready');
    return plane;
  }

  /** A caller with this token. */
  as(token: string): RestClient {
    return new RestClient(this.url, token);
  }

  /** A user with a key of their own. */
  async user(userId: string): Promise<RestClient> {
    const answer = await this.admin.post('/api/v1/admin/api-keys', { user_id: userId });
    if (answer.status !== 201)
      throw new Error(`no key for ${userId}: ${String(answer.status)} ${answer.bytes.toString()}`);
    return new RestClient(this.url, String(answer.body['key']));
  }

  /** Where the API keeps everything; for tests that look behind it. */
  get databaseUrl(): string {
    return this.#environment['DATABASE_URL'] ?? '';
  }

  /** Kills the API with -9 and starts it again on the same database and port. */
  async crashAndRestart(): Promise<void> {
    await this.crash();
    await this.restart();
  }

  async crash(): Promise<void> {
    this.api.kill('SIGKILL');
    await this.api.exit;
  }

  async restart(): Promise<void> {
    this.api = this.#launch();
    await this.api.message('ready');
  }

  /** Another process of the API on the same database, which no host of the first knows. */
  async startReplica(): Promise<{ readonly process: ManagedProcess; readonly admin: RestClient }> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const process = ManagedProcess.start('apps/api/dist/main.js', [], {
      ...this.#environment,
      PORT: port,
      SERVER_URL: url,
    });
    await process.message('ready');
    return { process, admin: new RestClient(url, this.admin.key) };
  }

  /** What the database says; for tests that look behind the API. */
  async rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    const connection = new pg.Client({ connectionString: this.databaseUrl });
    await connection.connect();
    try {
      return (await connection.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await connection.end();
    }
  }

  async runners(): Promise<readonly Record<string, unknown>[]> {
    const answer = await this.admin.get('/api/v1/admin/runners?page_size=200');
    return answer.body['runners'] as Record<string, unknown>[];
  }

  /** Resolves when the runner holds its link. */
  async connected(runnerId: string, timeoutMs = 20_000): Promise<Record<string, unknown>> {
    return await eventually(async () => {
      const runner = (await this.runners()).find((one) => one['id'] === runnerId && one['state'] === 'connected');
      if (runner === undefined) throw new Error(`${runnerId} is not connected`);
      return runner;
    }, timeoutMs);
  }

  async close(): Promise<void> {
    await this.api.stop();
    await this.#dropDatabase();
  }

  #launch(): ManagedProcess {
    return ManagedProcess.start('apps/api/dist/main.js', [], this.#environment);
  }
}
