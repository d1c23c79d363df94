/** What graces, sweeps and holds go by. Monotonic: it never goes back and knows nothing of dates. */
export interface Clock {
  /** Milliseconds since some moment; only differences mean something. */
  nowMs(): number;
  /**
   * Calls `run` once, `delayMs` from now at the earliest. The returned function cancels it; idempotent. Does not keep the process
   * alive.
   */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
