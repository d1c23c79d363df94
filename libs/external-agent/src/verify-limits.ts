import { refuseContradictions, type LimitRule } from '@helix/pacing';
import { LIMITS } from './limits.js';

type Limits = Readonly<Record<keyof typeof LIMITS, number>>;

export const LIMIT_RULES: readonly LimitRule<keyof typeof LIMITS>[] = [
  ['clipboardMaxBytes', 'desktopBytesMaxInFlight', 'one clipboard would never be let in'],
  ['screenshotMaxBytes', 'desktopBytesMaxInFlight', 'one picture would never be let in'],
  ['uploadsMaxPerSession', 'uploadsMaxInFlight', 'one session would have more uploads than all'],
  ['execsMaxPerSession', 'execsMaxInFlight', 'one session would run more commands than all'],
  ['execTimeoutDefaultS', 'execTimeoutMaxS', 'the default is not above what may be asked for'],
  ['execOutputMaxBytes', 'execAnswerMaxBytes', 'the output is a part of the answer'],
  ['logLinesDefault', 'logLinesMax', 'the default is not above what may be asked for'],
  ['logLineMaxLength', 'logQueueMaxLength', 'one line would never be queued'],
  ['logReadersMaxPerSession', 'logReadersMaxCount', 'one session would have more readers than all'],
  ['environmentEntryMaxBytes', 'environmentMaxBytes', 'one entry would be too much for the whole'],
  ['sessionDirectoryFreshMs', 'sessionDirectoryStaleMs', 'what is fresh is not stale'],
  ['shareFreshMs', 'shareStaleMs', 'what is fresh is not stale'],
  ['shareLifeDefaultMs', 'shareLifeMaxMs', 'the default is not above what may be asked for'],
  ['startCreateMs', 'leaseMs', 'a driver would lose its lease while it waits for one create'],
  ['retryFirstMs', 'retryLongestMs', 'the pause between tries only grows'],
  ['hostLossSweepIntervalMs', 'hostLostAfterMs', 'a lost host would be noticed late'],
  ['hostLostAfterMs', 'hostLostDeadlineMs', 'a session would fail before its host counts as lost'],
  ['reconcilerMaxDrivesPerHost', 'reconcilerMaxDrives', 'one host would be driven more than all'],
  ['streamMessageMaxBytes', 'streamBacklogMaxBytes', 'one message would never be passed on'],
  ['streamMediaMessageMaxBytes', 'streamMediaBacklogMaxBytes', 'one message would never be passed on'],
  ['streamMinBitrateKbps', 'streamMaxBitrateKbps', 'no rate would be allowed'],
  ['moonlightCallsMaxPerHost', 'moonlightCallsMaxCount', 'one host would be asked more than all'],
  ['canaryTimeoutMs', 'canaryIntervalMs', 'a probe would not be over when the next is due'],
  ['gpuTimeoutMs', 'gpuIntervalMs', 'a probe would not be over when the next is due'],
  ['probesMaxInFlightFailing', 'probesMaxInFlight', 'hosts that fail would hold up all others'],
  ['lastPictureMaxBytes', 'lastPicturesReadMaxBytes', 'one picture would never be read'],
];

/** The limits of this package as a whole. @throws RangeError that names both values of each contradiction */
export function verifyExternalAgentLimits(limits: Limits = LIMITS): void {
  refuseContradictions(limits, LIMIT_RULES);
}
