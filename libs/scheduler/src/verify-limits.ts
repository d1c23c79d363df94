import { refuseContradictions, type LimitRule } from '@helix/pacing';
import { SCHEDULER_LIMITS } from './limits.js';

type Limits = Readonly<Record<keyof typeof SCHEDULER_LIMITS, number>>;

export const LIMIT_RULES: readonly LimitRule<keyof typeof SCHEDULER_LIMITS>[] = [
  ['replicaRenewMs', 'replicaLeaseMs', 'a replica would lose its lease before it renews it'],
  ['replicaLeaseMs', 'orphanGraceMs', 'links would be lost while their replica may still hold its lease'],
  ['replicaLeaseMs', 'replicaForgottenMs', 'a replica would be forgotten while it may still hold its lease'],
  ['statusSweepMs', 'silenceMs', 'silence would be noticed late'],
  ['statusSweepMs', 'heartbeatLateMs', 'a late heartbeat would be noticed late'],
  ['maxSandboxesDefault', 'maxSandboxes', 'the default is not above what a host may have'],
  ['listedEvents', 'eventsPerInstance', 'no host has more events than are kept'],
  ['diskSampleMs', 'diskSamplesKeptMs', 'a sample would be dropped before the next is taken'],
  ['expirySweepMs', 'reservationMs', 'a reservation that expired would hold its slot late'],
  ['placementQueueMs', 'reservationMs', 'a slot would expire while its placement still waits for the lock'],
  ['placementLockMs', 'placementQueueMs', 'one wait for the lock would fail all that wait behind it'],
  ['placementsInBatch', 'placementsWaiting', 'a batch takes no more than may wait'],
  ['recordedHosts', 'explainedHosts', 'a record keeps a part of the explanation'],
];

/** The limits of this package as a whole. @throws RangeError that names both values of each contradiction */
export function verifySchedulerLimits(limits: Limits = SCHEDULER_LIMITS): void {
  refuseContradictions(limits, LIMIT_RULES);
}
