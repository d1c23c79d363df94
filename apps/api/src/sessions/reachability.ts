import type { Reachability } from '@helix/external-agent';

/** Whether a desktop can be reached, in the keys of the REST edge; `seconds_left` while its host may come back. */
export interface ReachabilityFields {
  readonly reachability: Reachability['state'] | null;
  readonly seconds_left?: number;
}

export function toReachability(reachability: Reachability | undefined): ReachabilityFields {
  if (reachability === undefined) return { reachability: null };
  return {
    reachability: reachability.state,
    ...('leftMs' in reachability && { seconds_left: Math.ceil(reachability.leftMs / 1_000) }),
  };
}
