import type { Refusal } from '@helix/scheduler';
import { isWolfError } from '@helix/wolf-client';
import type { SessionReason } from './session-state.js';

/** Why a session that ran is queued again. */
export const DESKTOP_LOST_REASON: SessionReason = {
  code: 'DESKTOP_LOST',
  message: 'the desktop ended on its host; it is being started again',
};

/** Why an idle desktop was stopped. */
export const IDLE_REASON: SessionReason = {
  code: 'IDLE',
  message: 'the desktop was idle for its limit',
};

/** Why a session was stopped whose host an operator took out of service. */
export const HOST_REMOVED_REASON: SessionReason = {
  code: 'HOST_REMOVED',
  message: 'the host of the desktop was taken out of service',
};

/** Why a session was stopped whose host an operator drains. */
export const HOST_DRAINED_REASON: SessionReason = {
  code: 'HOST_DRAINED',
  message: 'the host of the desktop was drained by its operator',
};

/** While a host is lost and may come back. */
export const HOST_LOST_REASON: SessionReason = {
  code: 'HOST_LOST',
  message: 'the host of the desktop cannot be reached; the desktop is there again if the host comes back in time',
};
export const HOST_LOST_RESTART_REASON: SessionReason = {
  code: 'HOST_LOST',
  message:
    'the host of the desktop cannot be reached; if it does not come back in time, another host starts the desktop',
};

/** Why a session failed whose host did not come back in time. */
export const HOST_GONE_REASON: SessionReason = {
  code: 'HOST_LOST',
  message: 'the host of the desktop was lost and did not come back in time',
};
export const HOST_GONE_RESTART_REASON: SessionReason = {
  code: 'HOST_LOST',
  message:
    'the host of the desktop was lost and did not come back in time; the desktop is being started on another one',
};

/** Every host that would do is full, and the session waits. */
export function queuedReason(position: number, deadlineAt: Date): SessionReason {
  return {
    code: 'QUEUED',
    message: `no host has a free slot now; number ${String(position)} of those who wait, until ${deadlineAt.toISOString()}`,
  };
}

/** Reasons as the owner reads them. The whole error is in the log; Wolf's text may quote a request, so only codes are shown. */
export function placementReason({ reason, message }: Refusal): SessionReason {
  return { code: `PLACEMENT_${reason.replaceAll('-', '_').toUpperCase()}`, message };
}

export function startReason(error: unknown): SessionReason {
  return { code: 'START_FAILED', message: `the host could not start the desktop (${codeOf(error)})` };
}

/** A tunnel whose far end finds Wolf down says so with an answer of no bytes, a socket by refusing. */
export function stopReason(error: unknown): SessionReason {
  const isAway = isWolfError(error, 'WOLF_UNREACHABLE') || isWolfError(error, 'WOLF_EMPTY_ANSWER');
  return isAway
    ? { code: 'HOST_AWAY', message: 'the host cannot be reached; the stop is tried again' }
    : {
        code: 'STOP_FAILED',
        message: `the host could not stop the desktop (${codeOf(error)}); the stop is tried again`,
      };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'internal';
}
