/**
 * Names of what connects back. `desktop-<session>` is another spelling of `sandbox-<session>`; both become the latter
 * here, once, so that one desktop has one link under either name.
 */
export type RunnerId = string & { readonly __brand: 'RunnerId' };

export const RUNNER_KINDS = ['wolf', 'moonlight', 'hydra', 'sandbox'] as const;
export type RunnerKind = (typeof RUNNER_KINDS)[number];

export interface RunnerName {
  readonly id: RunnerId;
  readonly kind: RunnerKind;
  /** The Wolf instance id for wolf, moonlight and hydra; the session id for sandbox. */
  readonly subject: string;
}

const INSTANCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const SESSION_ID = /^ses_[0-9a-z]{26}$/;

/** Parses a runner id as it is on the wire; `undefined` when it is malformed. */
export function parseRunnerId(text: string): RunnerName | undefined {
  const dash = text.indexOf('-');
  if (dash < 0) return undefined;
  const subject = text.slice(dash + 1);
  switch (text.slice(0, dash)) {
    case 'wolf':
    case 'moonlight':
    case 'hydra':
      if (!INSTANCE_ID.test(subject)) return undefined;
      return { id: text as RunnerId, kind: text.slice(0, dash) as RunnerKind, subject };
    case 'sandbox':
    case 'desktop':
      if (!SESSION_ID.test(subject)) return undefined;
      return { id: `sandbox-${subject}` as RunnerId, kind: 'sandbox', subject };
    default:
      return undefined;
  }
}

/** The runner id of a part of a GPU host, or of a session's desktop. */
export function runnerIdOf(kind: RunnerKind, subject: string): RunnerId {
  const name = parseRunnerId(`${kind}-${subject}`);
  if (name === undefined) throw new TypeError(`not a runner subject for ${kind}: ${subject}`);
  return name.id;
}
