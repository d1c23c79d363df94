import { randomBytes } from 'node:crypto';

import pg from 'pg';

/** An empty database of a test's own. `drop()` cuts what is still connected; idempotent. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * Makes a database with a name of its own on the run's server (test/setup/start-postgres.mjs). Rejects when
 * TEST_POSTGRES_URL is not set, which means that the test does not run under the root Jest configuration.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env['TEST_POSTGRES_URL'];
  if (serverUrl === undefined || serverUrl === '') {
    throw new Error('TEST_POSTGRES_URL is not set: run Jest with the configuration at the root of the repository');
  }
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runOnServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => runOnServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function runOnServer(serverUrl: string, sql: string): Promise<void> {
  const connection = new pg.Client({ connectionString: serverUrl });
  await connection.connect();
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
