import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';

type DatabaseTroubleCode = 'DATABASE_AWAY' | 'DATABASE_BUSY';

const MESSAGES: Readonly<Record<DatabaseTroubleCode, string>> = {
  DATABASE_AWAY: 'the database cannot be reached, or takes no changes; try again shortly',
  DATABASE_BUSY: 'too much is asked of the database at this moment; try again shortly',
};

/**
 * What PostgreSQL answers because of the statement itself or its values: a fault of ours or of what a caller sent. Classes: not
 * supported, cardinality, data, constraints, external routines, syntax and names, check option, limits of a statement, PL/pgSQL.
 * A privilege that was taken away (42501) is the operator's.
 */
const STATEMENT_FAULT = /^(?:0A|21|22|23|38|39|42(?!501)|44|54|P0)/;

/** The work of others stands in the way, and not for long: conflicts, locks, a statement that took too long. */
const CONTENTION = /^(?:40|55P03$|57014$)/;

/** The pool's own words when no connection became free in time; it has no code for that. */
const POOL_EXHAUSTED = 'timeout exceeded when trying to connect';

/** The database, or the way to it, is in trouble; the statement is not at fault, and trying again later may help. */
export class DatabaseTrouble extends Error {
  /** PostgreSQL's code, where it was PostgreSQL that said so. */
  readonly sqlState: string | undefined;

  constructor(
    readonly code: DatabaseTroubleCode,
    cause: unknown,
  ) {
    super(MESSAGES[code], { cause });
    this.name = 'DatabaseTrouble';
    const said = codeOf(cause);
    this.sqlState = isSqlState(said) ? said : undefined;
  }

  /** Of an error that came from a statement that was sent; `undefined` where the statement is at fault. */
  static ofStatement(error: unknown): DatabaseTrouble | undefined {
    if (error instanceof DatabaseTrouble) return error;
    const code = codeOf(error);
    if (isSqlState(code) && STATEMENT_FAULT.test(code)) return undefined;
    // The driver's complaint about a value that it was given or has to read.
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return undefined;
    return DatabaseTrouble.#of(error, code);
  }

  /** Of an error that came before any statement: in every case there is no connection. */
  static ofConnection(error: unknown): DatabaseTrouble {
    return error instanceof DatabaseTrouble ? error : DatabaseTrouble.#of(error, codeOf(error));
  }

  static #of(error: unknown, code: string): DatabaseTrouble {
    const isExhausted = error instanceof Error && error.message === POOL_EXHAUSTED;
    return new DatabaseTrouble(isExhausted || CONTENTION.test(code) ? 'DATABASE_BUSY' : 'DATABASE_AWAY', error);
  }
}

/**
 * The one judgement for REST, streams and background work: the trouble of the database that an error is, as the connections of
 * this application name it; `undefined` for every other error.
 */
export function databaseTroubleOf(error: unknown): DatabaseTrouble | undefined {
  if (error instanceof DatabaseTrouble) return error;
  if (error instanceof QueryFailedError) {
    const cause: unknown = error.driverError;
    return cause instanceof DatabaseTrouble ? cause : undefined;
  }
  // The connection was lost between two statements of a transaction.
  if (error instanceof QueryRunnerAlreadyReleasedError) return new DatabaseTrouble('DATABASE_AWAY', error);
  return undefined;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]/.test(code);
}
