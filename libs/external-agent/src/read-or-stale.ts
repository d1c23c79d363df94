import { withDeadline, withSignal } from '@helix/pacing';

/** A read of the database under way, shared by all who ask for the same thing. */
export interface SharedRead<Value> {
  readonly result: Promise<Value>;
  /** On the clock that `nowMs` is read from. */
  readonly startedAtMs: number;
}

/**
 * What the read says, or `stale` when it fails or takes longer than `patienceMs` from its beginning: a database in trouble
 * is waited for once, not by every caller meanwhile. Never rejects.
 */
export async function readOrStale<Value, Stale>(
  read: SharedRead<Value>,
  stale: Stale,
  patienceMs: number,
  nowMs: number,
): Promise<Value | Stale> {
  // It is shared: what it rejects with is heard here also when it is not waited for.
  const answered = read.result.catch(() => stale);
  const leftMs = patienceMs - (nowMs - read.startedAtMs);
  if (leftMs <= 0) return stale;
  const late = new Error('the read takes too long');
  return await withDeadline<Value | Stale>(
    leftMs,
    undefined,
    () => late,
    (signal) => withSignal(signal, answered),
  ).catch(() => stale);
}
