import pg from 'pg';
import { DATABASE_LIMITS } from '../../limits.js';

export interface SessionTimes {
  readonly lockMs: number;
  readonly statementMs: number;
  readonly idleInTransactionMs: number;
}

/**
 * What a session relies on, independent of the defaults of server, database and role: how values are written and read,
 * which schema is meant, and when PostgreSQL gives up. Sent as one question when a connection is new.
 */
export function sessionSettings(schema: string | undefined, times: SessionTimes): string {
  const peerSilenceS = DATABASE_LIMITS.peerSilenceMs / 1_000;
  const settings: Readonly<Record<string, string>> = {
    // The driver reads dates, intervals and bytes in these forms and in no others.
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    bytea_output: 'hex',
    extra_float_digits: '1',
    standard_conforming_strings: 'on',
    array_nulls: 'on',
    transform_null_equals: 'off',
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    row_security: 'on',
    lock_timeout: String(times.lockMs),
    statement_timeout: String(times.statementMs),
    idle_in_transaction_session_timeout: String(times.idleInTransactionMs),
    // Half of it to the first probe, the rest for those that follow.
    tcp_keepalives_idle: String(Math.ceil(peerSilenceS / 2)),
    tcp_keepalives_interval: String(Math.ceil(peerSilenceS / 6)),
    tcp_keepalives_count: '3',
  };
  const set = Object.entries(settings).map(([name, value]) => `SET ${name} = ${pg.escapeLiteral(value)}`);
  if (schema !== undefined) set.push(`SET search_path = ${pg.escapeIdentifier(schema)}`);
  return set.join('; ');
}
