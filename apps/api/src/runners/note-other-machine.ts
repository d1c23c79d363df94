import { parseRunnerId, type OtherMachine } from '@helix/revdial';
import type { ProbeFacts } from '@helix/scheduler';
import type { Logger } from 'pino';

/**
 * Tells a host's operator, by a condition and an event, that another machine claims its id. Runners of a host share its instance
 * id, so that it is one condition for all of them. Desktops have no operator: theirs is in the log, as every refusal is.
 */
export function noteOtherMachine(facts: ProbeFacts, logger: Logger): (claim: OtherMachine) => void {
  return ({ runnerId, remoteAddress }) => {
    const runner = parseRunnerId(runnerId);
    if (runner === undefined || runner.kind === 'sandbox') return;
    // It is told again in a minute.
    facts.noteOtherMachine(runner.subject, remoteAddress).catch((error: unknown) => {
      logger.warn({ wolfInstanceId: runner.subject, error }, 'another machine of a host could not be noted');
    });
  };
}
