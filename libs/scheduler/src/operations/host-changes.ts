import type { WolfInstanceEntity } from '../tables/wolf-instance.entity.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import type { HostEdit } from './host-edit.js';

/** What an operator may change of a host. */
export type OperatorFacts = Pick<
  WolfInstanceEntity,
  | 'name'
  | 'labels'
  | 'operatorMaxSandboxes'
  | 'maxSandboxes'
  | 'encoderSessionsMax'
  | 'videoMemoryPerSessionMb'
  | 'cordonedAt'
  | 'cordonedBy'
  | 'cordonReason'
  | 'drainStartedAt'
  | 'drainDeadlineAt'
  | 'drainedBy'
  | 'drainReason'
>;

type HostFacts = Readonly<OperatorFacts> & Pick<WolfInstanceEntity, 'hostMaxSandboxes'>;

/** Nothing when it is cordoned already, for this reason or without another. */
export function cordonChange(host: HostFacts, now: Date, actor: string, reason?: string): Partial<OperatorFacts> {
  if (host.cordonedAt !== null && (reason === undefined || reason === host.cordonReason)) return {};
  return { cordonedAt: host.cordonedAt ?? now, cordonedBy: actor, cordonReason: reason ?? '' };
}

export function uncordonChange(): Partial<OperatorFacts> {
  return {
    cordonedAt: null,
    cordonedBy: '',
    cordonReason: '',
    drainStartedAt: null,
    drainDeadlineAt: null,
    drainedBy: '',
    drainReason: '',
  };
}

/** A reason or a deadline that is not given stays; nothing when neither is another than it was. */
export function drainChange(
  host: HostFacts,
  now: Date,
  actor: string,
  { reason, deadlineMs }: { readonly reason?: string; readonly deadlineMs?: number },
): Partial<OperatorFacts> {
  const asked = deadlineMs === undefined ? host.drainDeadlineAt : new Date(now.getTime() + deadlineMs);
  const deadlineAt = isSameDeadline(asked, host.drainDeadlineAt) ? host.drainDeadlineAt : asked;
  const drainReason = reason ?? host.drainReason;
  if (host.drainStartedAt !== null && deadlineAt === host.drainDeadlineAt && drainReason === host.drainReason) {
    return {};
  }
  return {
    drainStartedAt: host.drainStartedAt ?? now,
    drainDeadlineAt: deadlineAt,
    drainedBy: actor,
    drainReason,
  };
}

export function editChange(host: HostFacts, edit: HostEdit, maxSandboxesDefault: number): Partial<OperatorFacts> {
  const { name, labels, maxSandboxes, encoderSessionsMax, videoMemoryPerSessionMb } = edit;
  return {
    ...(name !== undefined && { name }),
    ...(labels !== undefined && { labels }),
    ...(maxSandboxes !== undefined && {
      operatorMaxSandboxes: maxSandboxes,
      maxSandboxes: maxSandboxes ?? host.hostMaxSandboxes ?? maxSandboxesDefault,
    }),
    ...(encoderSessionsMax !== undefined && { encoderSessionsMax }),
    ...(videoMemoryPerSessionMb !== undefined && { videoMemoryPerSessionMb }),
  };
}

/** The same order sent twice, as one does who heard no answer, moves its deadline by moments. */
function isSameDeadline(one: Date | null, other: Date | null): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(one.getTime() - other.getTime()) <= SCHEDULER_LIMITS.sameDeadlineMs;
}
