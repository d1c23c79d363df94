import { isConnectError } from '@helix/revdial';

/** What one look at something has found. */
export interface Finding {
  /** Stable, for scripts. */
  readonly check: string;
  /** `warning`: the agent works, and not as well as it could. Only `failed` makes the exit code. */
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** For people. Holds no secret. */
  readonly detail: string;
  /** What to do about a warning or a failure. */
  readonly cure?: string;
}

/** What was thrown, in one line. */
export function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'failed';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return message === '' || message.includes(code) ? message || code : `${message} (${code})`;
}

/** By Node's codes for what TLS does not accept. */
const TLS_CURES: readonly (readonly [RegExp, string])[] = [
  [/EXPIRED/, 'the certificate of the server has expired: renew it'],
  [/NOT_YET_VALID/, 'the certificate is not valid yet: look at the clock of this machine'],
  [/SELF_SIGNED|UNABLE_TO_|ISSUER/, 'give the authority that signed it: --ca-file FILE or SSL_CERT_FILE'],
  [/ALTNAME/, 'the certificate is of another name: use that in the URL, or --server-name NAME'],
];

/** What to do when the API could not be reached, or refuses. */
export function cureOf(error: unknown): string {
  if (!isConnectError(error)) return 'run it again with --log-level debug';
  switch (error.code) {
    case 'UNREACHABLE':
      return 'look at the address, at firewalls between, and whether the API runs; HTTPS_PROXY if there is only a proxy';
    case 'TLS_FAILED':
      return TLS_CURES.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'is it https that listens there?';
    case 'PROXY_REFUSED':
      return 'the proxy has to allow CONNECT to the API: look at HTTPS_PROXY, its credentials, and NO_PROXY';
    case 'TOKEN_UNAVAILABLE':
      return 'look at RUNNER_TOKEN_FILE: it has to be readable and hold a token';
    case 'REFUSED':
      return error.status === 401
        ? 'the API does not know this token: set the one that it has, RUNNER_TOKEN or USER_API_TOKEN'
        : 'this token may not open this runner id: a runner token opens hosts, a user’s key only own sessions';
    case 'UNAVAILABLE':
      return error.status === 409
        ? 'another agent holds this runner id with another token: give each host its own id'
        : 'the API is busy or closing: try again in a minute';
    case 'NOT_A_LINK':
    case 'NOT_SPOKEN':
      return 'something between here and the API does not pass it on: allow upgrades there (and HTTP/1.1), or take another transport';
    case 'ABORTED':
      return 'run it again';
    default:
      return error.code satisfies never;
  }
}
