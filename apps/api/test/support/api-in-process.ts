import { createSessionId, SessionRepository, type SessionId } from '@helix/external-agent';
import { createLogger } from '@helix/program';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { RestClient } from '../../../../test/support/rest-client.js';
import { createMigratedDatabase } from '../../../../test/support/postgres.js';
import { ApiKeysService } from '../../src/api-keys/api-keys.service.js';
import { startApi, type RunningApi } from '../../src/bootstrap/start-api.js';
import { readApiConfig } from '../../src/config/api-config.js';

export const RUNNER_TOKEN = 'runner-token-of-this-test';

/** The API in this process, on a real database, with callers of every kind. */
export class ApiInProcess {
  readonly url: string;

  private constructor(
    readonly api: RunningApi,
    readonly dataSource: DataSource,
    readonly databaseUrl: string,
    private readonly drop: () => Promise<void>,
  ) {
    this.url = api.url;
  }

  /** `reach` may lead the API to its database by another way, such as a relay that can be cut. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    reach: (databaseUrl: string) => string | Promise<string> = (databaseUrl) => databaseUrl,
  ): Promise<ApiInProcess> {
    const database = await createMigratedDatabase();
    return await ApiInProcess.on(database.url, settings, reach, () => database.drop());
  }

  /** On a database that the test made, and drops. */
  static async startOn(databaseUrl: string, settings: Readonly<Record<string, string>> = {}): Promise<ApiInProcess> {
    return await ApiInProcess.on(
      databaseUrl,
      settings,
      (url) => url,
      () => Promise.resolve(),
    );
  }

  /** Another replica on the database of this one; closed before this one is. */
  async startReplica(reach: (databaseUrl: string) => string | Promise<string> = (url) => url): Promise<ApiInProcess> {
    return await ApiInProcess.on(this.databaseUrl, {}, reach, () => Promise.resolve());
  }

  private static async on(
    databaseUrl: string,
    settings: Readonly<Record<string, string>>,
    reach: (databaseUrl: string) => string | Promise<string>,
    drop: () => Promise<void>,
  ): Promise<ApiInProcess> {
    const config = readApiConfig({ HOST: '127.0.0.1', PORT: '0', RUNNER_TOKEN, LOG_LEVEL: 'silent', ...settings });
    const api = await startApi(
      config,
      await reach(databaseUrl),
      createLogger({ app: 'api', level: config.logLevel, destination: process.stdout }),
    );
    return new ApiInProcess(api, api.app.get<DataSource>(getDataSourceToken()), databaseUrl, drop);
  }

  as(token: string | undefined): RestClient {
    return new RestClient(this.url, token);
  }

  async userKey(ownerId: string, isAdmin = false, expiresAt: Date | null = null): Promise<string> {
    const { secret } = await this.api.app.get(ApiKeysService).create({ ownerId, name: 'test', isAdmin, expiresAt });
    return secret;
  }

  async sessionToken(sessionId: SessionId, ownerId: string): Promise<string> {
    return await this.api.app.get(ApiKeysService).issue(sessionId, ownerId);
  }

  /** A session that counts as running although no host carries it: for what is decided before any host is asked. */
  async runningSession(ownerId: string, id: SessionId = createSessionId()): Promise<SessionId> {
    await insertSession(this.api, ownerId, id);
    await this.dataSource.query(`UPDATE sessions SET state = 'running', lobby_id = 'lobby' WHERE id = $1`, [id]);
    return id;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.drop();
  }
}

/** A session that nothing works on yet. */
export async function insertSession(api: RunningApi, ownerId: string, id: SessionId): Promise<void> {
  const inserted = await api.app.get(SessionRepository).insert({
    id,
    ownerId,
    name: 'test',
    lobbyPin: '0419',
    display: { width: 1920, height: 1080, refreshHz: 60 },
    environment: [],
    gpuVendor: null,
    image: null,
    labels: {},
    idleLimitMs: null,
  });
  if (!inserted) throw new Error('the session exists already');
}
