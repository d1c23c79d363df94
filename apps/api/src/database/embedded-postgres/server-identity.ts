/** The one role of the embedded server, and its one database. */
export const SUPERUSER = 'helix';
export const DATABASE = 'helix';

/** The database that every cluster has; the owner's lock is taken there, away from the product's own connections. */
export const MAINTENANCE_DATABASE = 'postgres';

/** Nothing of ours is handed down: the API's environment holds tokens, which PostgreSQL and its children have no use for. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

export function serverUrl(port: number, password: string, database: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}
