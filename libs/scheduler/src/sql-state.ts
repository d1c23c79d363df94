/** PostgreSQL's own code of an error that came through TypeORM, such as `55P03`; undefined for other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
