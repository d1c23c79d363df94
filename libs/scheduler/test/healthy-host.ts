import type { PlacementHost } from '../src/placement/placement-host.js';

/** A host in rotation with nothing on it and no limit but its slots, apart from what is given. */
export function healthyHost(facts: Pick<PlacementHost, 'id' | 'lastSeenAt'> & Partial<PlacementHost>): PlacementHost {
  return {
    rank: 0,
    conditions: [],
    linkConnected: true,
    gpuVendor: 'nvidia',
    labels: {},
    images: {},
    maxSandboxes: 10,
    reserved: 0,
    confirmed: 0,
    foreignLobbies: 0,
    unseen: 0,
    encoderSessions: null,
    encoderSessionsMax: null,
    videoMemoryUsedMb: null,
    videoMemoryTotalMb: null,
    videoMemoryPerSessionMb: null,
    placedSeq: '0',
    ...facts,
  };
}
