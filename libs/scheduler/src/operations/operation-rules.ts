import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import type { HostEdit } from './host-edit.js';

/** As the names of labels in DNS and in other schedulers, with `/` and `_` for those who sort them. */
const LABEL_NAME = /^[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?$/;
/** PostgreSQL refuses NULs and half characters; no reason, name or label has any of the others either. */
const NOT_TEXT = /[\p{Cc}\p{Cs}]/u;

type Rule = readonly [boolean, string];

/** Throws `INVALID_INSTANCE` with every fault at once. */
export function checkDrain({ reason, deadlineMs }: { readonly reason?: string; readonly deadlineMs?: number }): void {
  const { drainDeadlineMs } = SCHEDULER_LIMITS;
  check([
    reasonRule(reason),
    [
      deadlineMs === undefined || isCount(deadlineMs, drainDeadlineMs),
      `deadline: a whole number of milliseconds from 0 to ${String(drainDeadlineMs)}`,
    ],
  ]);
}

/** Throws `INVALID_INSTANCE`. */
export function checkReason(reason: string | undefined): void {
  check([reasonRule(reason)]);
}

/** Throws `INVALID_INSTANCE` with every fault at once. */
export function checkEdit({ name, labels, ...limits }: HostEdit): void {
  const { nameChars, maxSandboxes, videoMemoryMb } = SCHEDULER_LIMITS;
  check([
    [name === undefined || (isText(name, nameChars) && name !== ''), `name: 1 to ${String(nameChars)} characters`],
    ...labelRules(labels ?? {}),
    limitRule('max_sandboxes', limits.maxSandboxes, maxSandboxes),
    limitRule('encoder_sessions_max', limits.encoderSessionsMax, maxSandboxes),
    limitRule('video_memory_per_session_mb', limits.videoMemoryPerSessionMb, videoMemoryMb),
  ]);
}

function check(rules: readonly Rule[]): void {
  const faults = rules.filter(([holds]) => !holds).map(([, rule]) => rule);
  if (faults.length > 0) {
    throw new SchedulerError('INVALID_INSTANCE', `this cannot be done to a Wolf instance: ${faults.join('; ')}`);
  }
}

function reasonRule(reason: string | undefined): Rule {
  const { reasonChars } = SCHEDULER_LIMITS;
  return [
    reason === undefined || isText(reason, reasonChars),
    `reason: at most ${String(reasonChars)} characters, none of them a control character`,
  ];
}

function labelRules(labels: Readonly<Record<string, string>>): readonly Rule[] {
  const { labels: count, labelChars } = SCHEDULER_LIMITS;
  const entries = Object.entries(labels);
  if (entries.length > count) return [[false, `labels: at most ${String(count)}`]];
  return entries.flatMap(([name, value]): readonly Rule[] => [
    [
      name.length <= labelChars && LABEL_NAME.test(name),
      `label ${shown(name)}: its name is 1 to ${String(labelChars)} of a-z 0-9 . _ / - and begins and ends with a letter or digit`,
    ],
    [
      isText(value, labelChars),
      `label ${shown(name)}: its value is at most ${String(labelChars)} characters, none of them a control character`,
    ],
  ]);
}

function limitRule(name: string, value: number | null | undefined, max: number): Rule {
  return [
    value === undefined || value === null || isCount(value, max),
    `${name}: a whole number from 0 to ${String(max)}, or null for the default`,
  ];
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function isText(text: string, chars: number): boolean {
  return text.length <= chars && !NOT_TEXT.test(text);
}

/** What came from outside stands in a message quoted and short. */
function shown(name: string): string {
  return JSON.stringify(name.length > SCHEDULER_LIMITS.labelChars ? `${name.slice(0, 20)}…` : name);
}
