/**
 * PostgreSQL's own code of an error that came through TypeORM, such as `55P03`; undefined for other errors. Where the application
 * names the database's trouble in its own words, PostgreSQL's code stands beside.
 */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('sqlState' in error && typeof error.sqlState === 'string') return error.sqlState;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
