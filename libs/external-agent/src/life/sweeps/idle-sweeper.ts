import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { IDLE_REASON } from '../../session/session-reasons.js';
import type { SessionActivity } from '../../session/session-activity.js';

/**
 * Asks for the stop of idle desktops. Every replica sweeps; the database gives each idle session to one of
 * them, and the reconciler brings the stop about.
 */
export class IdleSweeper {
  readonly #activity: SessionActivity;
  readonly #limitMs: number;
  readonly #logger: ExternalAgentLogger;

  /** `limitMs` counts for sessions without a limit of their own; 0: never. */
  constructor(activity: SessionActivity, limitMs: number, logger: ExternalAgentLogger) {
    this.#activity = activity;
    this.#limitMs = limitMs;
    this.#logger = logger;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    for (const sessionId of await this.#activity.stopIdle(this.#limitMs, IDLE_REASON)) {
      this.#logger.info({ sessionId }, 'stopping an idle desktop');
    }
  }
}
