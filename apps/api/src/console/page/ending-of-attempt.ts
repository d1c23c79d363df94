import { closeReasonOf, type CloseReason } from './close-reason.js';

/** What was heard of a stream by its end. */
export interface AttemptEnding {
  readonly closeCode: number;
  /** The bare word of the host, if there was one. */
  readonly word: string | undefined;
  /** Of a stage that failed. */
  readonly failure: string | undefined;
  /** Did the desktop itself end the stream, rather than the way to it? */
  readonly wasTerminated: boolean;
}

const WORDS: Readonly<Record<string, CloseReason>> = {
  AlreadyStreaming: { then: 'reconnect-later', words: 'The host is still busy with the stream before.' },
  AppNotFound: { then: 'reconnect-later', words: 'The host does not show this desktop yet.' },
  PeerDisconnect: { then: 'reconnect-later', words: 'The way to the host was lost.' },
  HostNotFound: { then: 'failed', words: 'The host does not know its own desktops.' },
  HostNotPaired: { then: 'failed', words: 'The host is not ready for streams.' },
  InternalServerError: { then: 'failed', words: 'The host could not start the stream.' },
  SessionNotFound: { then: 'failed', words: 'The host does not know this stream.' },
  ClientKicked: { then: 'superseded', words: 'Somebody else took over this stream.' },
};

/**
 * What follows the end of an attempt. The host says why in words and closes without a code; a code that has a meaning is the
 * server's, which knows more.
 */
export function reasonOfEnding({ closeCode, word, failure, wasTerminated }: AttemptEnding): CloseReason {
  const reason = closeReasonOf(closeCode);
  if (reason.then !== 'ended') return reason;
  if (wasTerminated) return reason;
  if (word !== undefined) return (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined) ?? unknown(word);
  return failure === undefined ? reason : { then: 'failed', words: failure };
}

function unknown(word: string): CloseReason {
  return { then: 'failed', words: `The host ended the stream (${word}).` };
}
