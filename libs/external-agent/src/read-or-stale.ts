/** A read of the database under way, shared by all who ask for the same thing. */
export interface SharedRead<Value> {
  readonly result: Promise<Value>;
  /** On the clock that `nowMs` is read from. */
  readonly startedAtMs: number;
}

/**
 * What the read says, or `stale` when it fails or takes longer than `patienceMs` from its beginning: a database in trouble
 * is waited for once, not by everybody who comes while it is. Never rejects.
 */
export async function readOrStale<Value, Stale>(
  read: SharedRead<Value>,
  stale: Stale,
  patienceMs: number,
  nowMs: number,
): Promise<Value | Stale> {
  const answered = read.result.catch(() => stale);
  const leftMs = patienceMs - (nowMs - read.startedAtMs);
  if (leftMs <= 0) return stale;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<Stale>((resolve) => {
    timer = setTimeout(() => {
      resolve(stale);
    }, leftMs);
  });
  try {
    return await Promise.race([answered, patience]);
  } finally {
    clearTimeout(timer);
  }
}
