import { describeFullDisks } from '../tables/disk-usage.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import type { WolfInstanceEntity, WolfInstanceStatus } from '../tables/wolf-instance.entity.js';
import type { Condition, ConditionType } from '../tables/condition.js';

/** What the status depends on. */
export type StatusFacts = Pick<
  WolfInstanceEntity,
  | 'linkConnected'
  | 'linkChangedAt'
  | 'linkAwayAt'
  | 'linkAnswering'
  | 'otherMachineSeenAt'
  | 'otherMachineAddress'
  | 'lastSeenAt'
  | 'lastHeartbeatAt'
  | 'wolfHealth'
  | 'stuckThreadCount'
  | 'canCreatePipelines'
  | 'canaryFailingSince'
  | 'canaryFailure'
  | 'diskUsage'
  | 'diskAlertLevel'
  | 'gpuMonitoring'
  | 'cordonedAt'
  | 'cordonedBy'
  | 'cordonReason'
  | 'drainStartedAt'
  | 'drainedBy'
  | 'drainReason'
>;

export interface StatusTimes {
  /** Not heard of for this long: offline. */
  readonly silenceMs: number;
  /** Its link stands and no heartbeat came for this long: its daemon has a problem. */
  readonly heartbeatLateMs: number;
}

export interface DerivedStatus {
  readonly status: WolfInstanceStatus;
  readonly conditions: readonly Condition[];
  /** See `WolfInstanceEntity.placementRank`. */
  readonly placementRank: 0 | 1 | null;
}

type Found = Omit<Condition, 'since'> & { readonly since: Date };

/**
 * The status that the facts add up to at `now`. A condition that holds already, as one of `standing`, keeps its beginning and
 * its words while its effect is the same; the rest is new.
 */
export function deriveStatus(
  facts: StatusFacts,
  now: Date,
  times: StatusTimes,
  standing: readonly Condition[] = [],
): DerivedStatus {
  const conditions = foundIn(facts, now, times).map((found): Condition => {
    const known = standing.find(({ type, effect }) => type === found.type && effect === found.effect);
    return { ...found, since: known?.since ?? found.since.toISOString() };
  });
  const has = (...effects: readonly Condition['effect'][]): boolean =>
    conditions.some(({ effect }) => effects.includes(effect));
  const is = (type: ConditionType): boolean => conditions.some((condition) => condition.type === type);
  return {
    conditions,
    status: has('offline')
      ? 'offline'
      : is('Draining')
        ? 'draining'
        : is('Cordoned')
          ? 'cordoned'
          : has('blocks', 'last-choice')
            ? 'degraded'
            : 'online',
    placementRank: has('offline', 'blocks') ? null : has('last-choice') ? 1 : 0,
  };
}

function foundIn(facts: StatusFacts, now: Date, { silenceMs, heartbeatLateMs }: StatusTimes): readonly Found[] {
  const { lastHeartbeatAt } = facts;
  const found: Found[] = [];
  const note = (type: ConditionType, effect: Condition['effect'], since: Date, message: string): void => {
    found.push({ type, effect, message, since });
  };
  if (!facts.linkConnected) note('LinkDown', 'offline', facts.linkChangedAt ?? facts.lastSeenAt, 'it holds no link');
  if (ageMs(facts.lastSeenAt, now) > silenceMs) {
    note('Silent', 'offline', facts.lastSeenAt, `not heard of for more than ${seconds(silenceMs)}`);
  }
  if (facts.linkConnected && facts.linkAwayAt !== null) {
    note('LinkAway', 'last-choice', facts.linkAwayAt, 'its link has lost its connection and may come back');
  }
  if (facts.linkConnected && !facts.linkAnswering) {
    note('NotAnswering', 'last-choice', now, 'its Wolf has not answered yet, or does not answer now');
  }
  const { otherMachineSeenAt } = facts;
  if (otherMachineSeenAt !== null && ageMs(otherMachineSeenAt, now) <= SCHEDULER_LIMITS.otherMachineKeptMs) {
    const message = `two machines claim this id: one at ${facts.otherMachineAddress} is refused`;
    note('TwoMachines', 'note', otherMachineSeenAt, message);
  }
  if (facts.linkConnected && lastHeartbeatAt !== null && ageMs(lastHeartbeatAt, now) > heartbeatLateMs) {
    note('HeartbeatLate', 'last-choice', lastHeartbeatAt, `no heartbeat for more than ${seconds(heartbeatLateMs)}`);
  }
  if (facts.canaryFailingSince !== null) {
    note('CanaryFailing', 'blocks', facts.canaryFailingSince, `requests through its link fail: ${facts.canaryFailure}`);
  }
  if (!facts.canCreatePipelines || facts.wolfHealth === 'critical') {
    note('WolfCritical', 'blocks', now, 'its Wolf cannot create pipelines');
  } else if (facts.wolfHealth === 'degraded' || facts.stuckThreadCount > 0) {
    note('WolfStuck', 'last-choice', now, `its Wolf has ${String(facts.stuckThreadCount)} stuck threads`);
  }
  noteDisk(facts, now, note);
  if (facts.gpuMonitoring === 'lost') {
    note('GpuMonitoringLost', 'last-choice', now, 'its GPU cannot be measured any more');
  }
  if (facts.cordonedAt !== null) {
    note('Cordoned', 'blocks', facts.cordonedAt, byWhom('cordoned', facts.cordonedBy, facts.cordonReason));
  }
  if (facts.drainStartedAt !== null) {
    note('Draining', 'blocks', facts.drainStartedAt, byWhom('draining', facts.drainedBy, facts.drainReason));
  }
  return found;
}

function noteDisk(
  { diskUsage, diskAlertLevel }: StatusFacts,
  now: Date,
  note: (type: ConditionType, effect: Condition['effect'], since: Date, message: string) => void,
): void {
  if (diskAlertLevel !== 'critical' && diskAlertLevel !== 'warning') return;
  const message = describeFullDisks(diskUsage, diskAlertLevel);
  if (diskAlertLevel === 'critical') note('DiskCritical', 'blocks', now, message);
  else note('DiskWarning', 'note', now, message);
}

function byWhom(what: string, who: string, why: string): string {
  return `${what}${who === '' ? '' : ` by ${who}`}${why === '' ? '' : `: ${why}`}`;
}

function ageMs(since: Date, now: Date): number {
  return now.getTime() - since.getTime();
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 1_000))} s`;
}

/** As configured, else as in the limits. */
export function statusTimes(options: Partial<StatusTimes>): StatusTimes {
  return {
    silenceMs: options.silenceMs ?? SCHEDULER_LIMITS.silenceMs,
    heartbeatLateMs: options.heartbeatLateMs ?? SCHEDULER_LIMITS.heartbeatLateMs,
  };
}
