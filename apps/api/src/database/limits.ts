/** How long the database may take, for what. Each wait ends well before a caller's patience, and a dead path is found within 15 s. */
export const DATABASE_LIMITS = {
  /** One attempt to connect, and the wait for a connection of the pool: a dead database must fail a request in seconds. */
  connectMs: 3_000,
  /** Waiting for a lock that another session holds; as long as placements wait for theirs. */
  lockMs: 5_000,
  /** One statement, locks included; PostgreSQL ends it. */
  statementMs: 8_000,
  /** No answer at all, when PostgreSQL would have given one by then: the connection is dead, and with it all that were not heard since. */
  silenceMs: 10_000,
  /** A transaction whose process hangs or is cut off holds its locks for so long. */
  idleInTransactionMs: 10_000,
  /** A peer that does not answer on TCP for so long is gone for PostgreSQL, and its locks are free. */
  peerSilenceMs: 15_000,
  /** One statement of a migration: an index on a large table. */
  migrationStatementMs: 600_000,
  /** Waiting for another replica that migrates. */
  migrationWaitMs: 900_000,
  /** Between two tries to be the one who migrates. */
  migrationPollMs: 250,
} as const;
