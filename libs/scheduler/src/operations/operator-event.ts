import type { NewFleetEvent } from '../events/fleet-event.js';
import type { OperatorFacts } from './host-changes.js';
import type { Operator } from './operator.js';

export type OperatorVerb = 'cordon' | 'uncordon' | 'drain' | 'edit';

const DONE: Readonly<Record<OperatorVerb, string>> = {
  cordon: 'cordoned',
  uncordon: 'back in rotation',
  drain: 'drained',
  edit: 'edited',
};

interface HostChange {
  /** What was changed, before and after. */
  readonly before: Readonly<Partial<OperatorFacts>>;
  readonly after: Readonly<Partial<OperatorFacts>>;
  /** The whole of it afterwards. */
  readonly host: Readonly<OperatorFacts>;
}

/** Who did what, and what was changed by it. */
export function operatorEvent(
  wolfInstanceId: string,
  verb: OperatorVerb,
  { actor, remoteAddress }: Operator,
  change: HostChange,
): NewFleetEvent {
  return {
    wolfInstanceId,
    kind: 'operator',
    message: `${DONE[verb]} by ${actor}${remark(verb, change)}`,
    details: { verb, before: inWords(change.before), after: inWords(change.after) },
    actor,
    remoteAddress,
  };
}

/** The host is gone; who did it is still told. */
export function removalEvent(
  wolfInstanceId: string,
  { actor, remoteAddress }: Operator,
  { force, sessionCount }: { readonly force: boolean; readonly sessionCount: number },
): NewFleetEvent {
  const sessions = sessionCount === 1 ? '1 session' : `${String(sessionCount)} sessions`;
  return {
    wolfInstanceId,
    kind: 'operator',
    message: `removed by ${actor}${sessionCount === 0 ? '' : ` with ${sessions}`}`,
    details: { verb: 'remove', force, sessions: sessionCount },
    actor,
    remoteAddress,
  };
}

function remark(verb: OperatorVerb, { after, host }: HostChange): string {
  switch (verb) {
    case 'cordon':
      return reasonIn(host.cordonReason);
    case 'drain': {
      const deadline = host.drainDeadlineAt?.toISOString();
      return `${reasonIn(host.drainReason)}${deadline === undefined ? '' : `; its sessions are stopped at ${deadline}`}`;
    }
    case 'edit': {
      const names = Object.keys(inWords(after)).map((name) => name.replace('operator_', ''));
      return `: ${[...new Set(names)].join(', ')}`;
    }
    case 'uncordon':
      return '';
    default:
      return verb satisfies never;
  }
}

function reasonIn(reason: string): string {
  return reason === '' ? '' : `: ${reason}`;
}

/** By the names of the columns, which are those of the REST answers too. */
function inWords(facts: Readonly<Partial<OperatorFacts>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
