import type { ExternalAgentErrorCode } from '@helix/external-agent';
import type { RevDialErrorCode } from '@helix/revdial';
import type { SchedulerErrorCode } from '@helix/scheduler';
import type { WolfErrorCode } from '@helix/wolf-client';
import { databaseTroubleOf } from '../database/database-trouble.js';
import type { ApiErrorCode } from './api-error.js';

export type KnownErrorCode =
  ApiErrorCode | ExternalAgentErrorCode | RevDialErrorCode | SchedulerErrorCode | WolfErrorCode;

export interface HttpAnswer {
  readonly status: number;
  /** Seconds for `Retry-After`, on answers that trying again may change. */
  readonly retryAfterS?: number;
}

/** What each failure is over HTTP. A code without a row does not compile; `docs/errors.md` is compared with it by a test. */
export const HTTP_ANSWERS: Readonly<Record<KnownErrorCode, HttpAnswer>> = {
  UNAUTHENTICATED: { status: 401 },
  FORBIDDEN: { status: 403 },
  NOT_FOUND: { status: 404 },
  INVALID_REQUEST: { status: 400 },
  LOBBY_PIN_UNKNOWN: { status: 409 },
  PAYLOAD_TOO_LARGE: { status: 413 },
  UNSUPPORTED_ENCODING: { status: 415 },
  HEADERS_TOO_LARGE: { status: 431 },
  EXPECTATION_FAILED: { status: 417 },
  REQUEST_TIMEOUT: { status: 408 },
  TOO_MANY_ATTEMPTS: { status: 429, retryAfterS: 5 },
  TOO_MANY_KEYS: { status: 409 },
  AUTHENTICATION_AWAY: { status: 503, retryAfterS: 5 },
  DATABASE_AWAY: { status: 503, retryAfterS: 5 },
  DATABASE_BUSY: { status: 503, retryAfterS: 1 },
  NOT_READY: { status: 503, retryAfterS: 5 },
  INTERNAL: { status: 500 },

  SESSION_NOT_FOUND: { status: 404 },
  SESSION_FORBIDDEN: { status: 403 },
  SESSION_WRONG_STATE: { status: 409 },
  NO_DESKTOP: { status: 404 },
  DESKTOP_STARTING: { status: 503, retryAfterS: 2 },
  PLACEMENT_NONE_REGISTERED: { status: 503, retryAfterS: 30 },
  PLACEMENT_ALL_OFFLINE: { status: 503, retryAfterS: 10 },
  PLACEMENT_NONE_IN_ROTATION: { status: 503, retryAfterS: 30 },
  PLACEMENT_NO_MATCHING_GPU: { status: 503, retryAfterS: 60 },
  PLACEMENT_NO_MATCHING_LABELS: { status: 503, retryAfterS: 60 },
  PLACEMENT_NO_MATCHING_IMAGE: { status: 503, retryAfterS: 60 },
  PLACEMENT_ALL_FULL: { status: 503, retryAfterS: 30 },
  PLACEMENT_QUEUE_FULL: { status: 503, retryAfterS: 30 },
  PLACEMENT_QUEUE_TIMEOUT: { status: 503, retryAfterS: 30 },
  START_FAILED: { status: 502 },
  CREATE_UNFINISHED: { status: 503, retryAfterS: 2 },
  VIEWER_NOT_CONNECTED: { status: 404 },
  TOO_MANY_VIEWERS: { status: 503, retryAfterS: 10 },
  VIEW_ONLY_UNENFORCED: { status: 403 },
  STREAM_REFUSED: { status: 502 },
  STREAM_TIMEOUT: { status: 504 },
  STREAM_ABORTED: { status: 499 },
  DESKTOP_ERROR: { status: 502 },
  DESKTOP_INVALID_ANSWER: { status: 502 },
  CLIPBOARD_TOO_LARGE: { status: 413 },
  BUSY: { status: 503, retryAfterS: 1 },
  DESKTOP_UNSUPPORTED: { status: 501 },
  UPLOAD_TOO_LARGE: { status: 413 },
  UPLOAD_STALLED: { status: 408 },
  TOO_MANY_SHARES: { status: 409 },
  EXEC_DISABLED: { status: 403 },
  EXEC_FORBIDDEN: { status: 403 },
  STREAMS_NOT_CONFIGURED: { status: 501 },
  MOONLIGHT_CREDENTIALS_REFUSED: { status: 502 },
  MOONLIGHT_NOT_FOUND: { status: 404 },
  MOONLIGHT_ERROR: { status: 502 },
  MOONLIGHT_INVALID_ANSWER: { status: 502 },

  RUNNER_NOT_CONNECTED: { status: 503, retryAfterS: 5 },
  DIAL_QUEUE_FULL: { status: 503, retryAfterS: 2 },
  DIAL_TIMEOUT: { status: 504 },
  DIAL_ABORTED: { status: 499 },
  PICKUP_FAILED: { status: 502 },
  LINK_LOST: { status: 503, retryAfterS: 1 },
  SERVICE_DOWN: { status: 502 },
  REQUEST_BODY_STALLED: { status: 408 },
  UPSTREAM_TIMEOUT: { status: 504 },
  UPSTREAM_INVALID: { status: 502 },
  UPSTREAM_TOO_LARGE: { status: 502 },
  RUNNER_ID_TAKEN: { status: 409 },
  PROTOCOL_VIOLATION: { status: 502 },
  LIMIT_REACHED: { status: 503, retryAfterS: 1 },
  SHUTTING_DOWN: { status: 503, retryAfterS: 2 },

  INVALID_INSTANCE: { status: 400 },
  INVALID_HEARTBEAT: { status: 400 },
  INSTANCE_IN_USE: { status: 409 },
  PLACEMENT_BUSY: { status: 503, retryAfterS: 1 },

  WOLF_UNREACHABLE: { status: 503, retryAfterS: 5 },
  WOLF_TIMEOUT: { status: 504 },
  WOLF_ABORTED: { status: 499 },
  WOLF_INVALID_ANSWER: { status: 502 },
  WOLF_EMPTY_ANSWER: { status: 502 },
  WOLF_REFUSED: { status: 502 },
  WOLF_UNKNOWN_LOBBY: { status: 404 },
  WOLF_WRONG_PIN: { status: 502 },
  WOLF_UNKNOWN_SESSION: { status: 404 },
  WOLF_LOBBY_FULL: { status: 409 },
  WOLF_IN_OTHER_LOBBY: { status: 409 },
  WOLF_JOIN_TIMED_OUT: { status: 504 },
  WOLF_CREATE_TIMED_OUT: { status: 504 },
  WOLF_UNKNOWN_PAIRING: { status: 404 },
  WOLF_PAIRING_ANSWERED: { status: 409 },
  WOLF_EVENTS_ENDED: { status: 502 },
  WOLF_EVENTS_SILENT: { status: 504 },
  WOLF_NOT_FOUND: { status: 502 },
  WOLF_INVALID_REQUEST: { status: 500 },
};

/** The answer for an error of ours, or the database's trouble, by its code; `undefined` for everything else. */
export function httpAnswerOf(
  error: unknown,
): { readonly code: KnownErrorCode; readonly answer: HttpAnswer } | undefined {
  const known: unknown = databaseTroubleOf(error) ?? error;
  if (!(known instanceof Error) || !('code' in known) || typeof known.code !== 'string') return undefined;
  const { code } = known;
  if (!isKnown(code)) return undefined;
  return { code, answer: HTTP_ANSWERS[code] };
}

function isKnown(code: string): code is KnownErrorCode {
  return Object.hasOwn(HTTP_ANSWERS, code);
}
