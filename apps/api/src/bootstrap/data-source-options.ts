import { EXTERNAL_AGENT_ENTITIES, EXTERNAL_AGENT_MIGRATIONS } from '@helix/external-agent';
import { SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from '@helix/scheduler';
import pg from 'pg';
import { ApiKeyEntity } from '../api-keys/api-key.entity.js';
import { CreateApiKeys1764000300000 } from '../api-keys/migrations/1764000300000-create-api-keys.js';
import { ScopeAndUseOfApiKeys1764002000002 } from '../api-keys/migrations/1764002000002-scope-and-use-of-api-keys.js';
import { AnnounceKeyChanges1764002000003 } from '../api-keys/migrations/1764002000003-announce-key-changes.js';
import { DatabasePool } from '../database/connections/database-pool.js';
import { poolConfig, type ApiDataSourceOptions } from '../database/open-data-source.js';
import { DATABASE_LIMITS } from '../limits.js';

/** The database of the whole application. Tables change by migrations only, run before anything else uses them. */
export function dataSourceOptions(url: string, poolSize: number): ApiDataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    entities: [...SCHEDULER_ENTITIES, ...EXTERNAL_AGENT_ENTITIES, ApiKeyEntity],
    migrations: [
      ...SCHEDULER_MIGRATIONS,
      ...EXTERNAL_AGENT_MIGRATIONS,
      CreateApiKeys1764000300000,
      ScopeAndUseOfApiKeys1764002000002,
      AnnounceKeyChanges1764002000003,
    ],
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: 'helix-api',
    driver: { ...pg, Pool: DatabasePool },
    connectTimeoutMS: DATABASE_LIMITS.connectMs,
    extra: poolConfig(undefined, DATABASE_LIMITS, DATABASE_LIMITS.silenceMs),
  };
}
