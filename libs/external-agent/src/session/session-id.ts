import { monotonicFactory } from 'ulid';

/** `ses_` and 26 lower-case ULID characters; the one id of a session everywhere. */
export type SessionId = string & { readonly __brand: 'SessionId' };

// Rising even within one millisecond, so that ids sort as sessions were made: lists are newest first by it when the times are equal.
const nextUlid = monotonicFactory();

const SESSION_ID = /^ses_[0-9a-hjkmnp-tv-z]{26}$/;

export function createSessionId(): SessionId {
  return `ses_${nextUlid().toLowerCase()}` as SessionId;
}

export function isSessionId(text: string): text is SessionId {
  return SESSION_ID.test(text);
}
