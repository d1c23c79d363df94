/** What a Node program needs of its surroundings to run at all; everything else is the container's own. */
const ESSENTIALS = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS'] as const;

/** Of this process' environment only what a child cannot do without: no token of the host, no test setting. */
export function essentialEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ESSENTIALS) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/**
 * The environment of a container from the `NAME=value` pairs of its runner. Of a name that comes twice the last value
 * counts (wolf-api §4.4); a pair without `=` sets nothing. A simulated container is a process of this very machine, so what
 * would make Node load code (`NODE_OPTIONS` and its like) stays out.
 */
export function containerEnvironment(pairs: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0 && !pair.startsWith('NODE_')) environment[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return environment;
}
