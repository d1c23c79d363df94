import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';

import { PLACEMENT_LOCK_KEY } from './change-capacity.js';
import { CAPACITY_FUNCTIONS, CAPACITY_FUNCTIONS_VERSION } from './functions.sql.js';

/** Of the functions' text. */
export function capacityFunctionsChecksum(): string {
  return createHash('sha256').update(CAPACITY_FUNCTIONS).digest('hex');
}

/**
 * Puts this release's functions into the database, unless they or newer ones are there: to be called at start, after the
 * migrations and under their lock. Meanwhile no capacity is changed, so that no operation runs half in old functions and half in
 * new ones. Resolves with whether anything was changed; rejects with the database's errors, and then nothing is.
 */
export async function applyCapacityFunctions(dataSource: DataSource): Promise<boolean> {
  if (await isCurrent(dataSource.manager)) return false;
  return await dataSource.transaction(async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [PLACEMENT_LOCK_KEY]);
    // Another process may have been first.
    if (await isCurrent(manager)) return false;
    await manager.query(CAPACITY_FUNCTIONS);
    await manager.query(
      `INSERT INTO capacity_functions (version, checksum) VALUES ($1, $2)
       ON CONFLICT (is_only) DO UPDATE SET version = excluded.version, checksum = excluded.checksum, applied_at = now()`,
      [CAPACITY_FUNCTIONS_VERSION, capacityFunctionsChecksum()],
    );
    return true;
  });
}

/** Within one version the text counts: it changes while a release is being made. */
async function isCurrent(manager: EntityManager): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT FROM capacity_functions WHERE version > $1 OR (version = $1 AND checksum = $2)',
    [CAPACITY_FUNCTIONS_VERSION, capacityFunctionsChecksum()],
  );
  return rows.length > 0;
}
