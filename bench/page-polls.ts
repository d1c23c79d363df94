/** One of a page's polls, as the front end makes them (helix-rest §7). */
export interface PagePoll {
  readonly name: 'state' | 'screenshot' | 'clipboard' | 'idle';
  readonly path: (sessionId: string) => string;
  readonly periodMs: number;
  /** A shorter body is not the picture. */
  readonly minBodyBytes: number;
  /** The route may not be there: 404 is counted apart and is no error. */
  readonly mayBeMissing: boolean;
}

const state = (periodMs: number): PagePoll => ({
  name: 'state',
  path: (id) => `/api/v1/sessions/${id}/wolf-app-state`,
  periodMs,
  minBodyBytes: 2,
  mayBeMissing: true,
});

/** An open session page with a stream: three hooks and an indicator ask for the state, each on its own. */
export function pagePolls(pictureMinBytes: number): readonly PagePoll[] {
  return [
    state(3_000),
    state(3_000),
    state(3_000),
    state(2_000),
    {
      name: 'screenshot',
      path: (id) => `/api/v1/external-agents/${id}/screenshot`,
      periodMs: 1_000,
      minBodyBytes: pictureMinBytes,
      mayBeMissing: false,
    },
    {
      name: 'clipboard',
      path: (id) => `/api/v1/external-agents/${id}/clipboard`,
      periodMs: 2_000,
      minBodyBytes: 2,
      mayBeMissing: false,
    },
    {
      name: 'idle',
      path: (id) => `/api/v1/sessions/${id}/idle-status`,
      periodMs: 30_000,
      minBodyBytes: 2,
      mayBeMissing: true,
    },
  ];
}

/**
 * When the poll of one page is first due: pages were opened at any time, so their polls are spread over the period. The golden
 * ratio spreads any number of them evenly, and the same in each run.
 */
export function firstDueMs(pageIndex: number, pollIndex: number, periodMs: number): number {
  return ((pageIndex * 0.618034 + pollIndex * 0.414214) % 1) * periodMs;
}
