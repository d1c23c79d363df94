import { randomBytes } from 'node:crypto';

import pg from 'pg';

/** A database of a test's own. `drop()` cuts what is still connected; idempotent. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * An empty database with a name of its own on the run's server (test/setup/start-postgres.mjs). Rejects when TEST_POSTGRES_URL is
 * not set, which means that the test does not run under the root Jest configuration.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  return await createDatabase('');
}

/** One with all tables of the application, as its migrations make them: a copy, which is quicker than to run them again. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  return await createDatabase(` TEMPLATE ${setting('TEST_POSTGRES_TEMPLATE')}`);
}

async function createDatabase(how: string): Promise<TestDatabase> {
  const serverUrl = setting('TEST_POSTGRES_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runOnServer(serverUrl, `CREATE DATABASE ${name}${how}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => runOnServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run Jest with the configuration at the root of the repository`);
  }
  return value;
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
