import type { RunnerName } from '../runner-id.js';

/** What the gateway asks before any upgrade. The API's auth implements it; the tunnel knows nothing of tokens. */
export interface RunnerAuthorizer {
  /** Who is behind this token? `undefined`: an unknown token (401). Rejects only when it cannot tell (503), with LIMIT_REACHED when it will not now. */
  authenticate(token: string, remoteAddress?: string): Promise<RunnerPrincipal | undefined>;
}

export interface RunnerPrincipal {
  /** Stable name, equal for two tokens of the same holder: `runner`, `user:<id>`, `session:<ses_…>`. */
  readonly name: string;
  /** May this principal open this runner id? */
  mayOpen(runner: RunnerName): Promise<RunnerPermission>;
}

/** `malformed` is answered 400 `invalid runner ID format`, `forbidden` 403. */
export type RunnerPermission = 'granted' | 'malformed' | 'forbidden';
