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
  ClientKicked: { then: 'superseded', words: 'Another client took over this stream.' },
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

/** What a page does when its socket has closed. */
export interface CloseReason {
  readonly then:
    | 'reconnect-now'
    | 'reconnect-later'
    /** Over, and the viewer may start it again. */
    | 'ended'
    | 'superseded'
    | 'sign-in'
    | 'refused'
    /** Over, and there is nothing to start again. */
    | 'gone'
    | 'failed';
  readonly words: string;
}

const REASONS: Readonly<Record<number, CloseReason>> = {
  1000: { then: 'ended', words: 'The stream has ended.' },
  // The host closes without a code.
  1005: { then: 'ended', words: 'The stream has ended.' },
  1001: { then: 'reconnect-now', words: 'The server is being restarted.' },
  1012: { then: 'reconnect-now', words: 'The link to the host was lost.' },
  4503: { then: 'reconnect-now', words: 'The link to the host was lost.' },
  1006: { then: 'reconnect-later', words: 'The connection was lost.' },
  1011: { then: 'reconnect-later', words: 'The host ended the connection.' },
  1013: { then: 'reconnect-later', words: 'The server has too much to do.' },
  4502: { then: 'reconnect-later', words: 'The host ended the connection.' },
  4000: { then: 'superseded', words: 'This desktop is now shown in another window of yours.' },
  4400: { then: 'failed', words: 'The server did not understand this page. Load it again.' },
  4401: { then: 'sign-in', words: 'Sign in again.' },
  4403: { then: 'refused', words: 'Your access to this desktop has ended.' },
  4404: { then: 'gone', words: 'There is no such session.' },
  4410: { then: 'gone', words: 'The desktop was stopped.' },
};

export function closeReasonOf(code: number): CloseReason {
  const known = REASONS[code];
  if (known !== undefined) return known;
  // What a server means by a code of its own is not cured by asking again.
  if (code >= 4000) return { then: 'failed', words: `The server ended the connection (${String(code)}).` };
  if (code === 1003 || (code >= 1007 && code <= 1010)) {
    return { then: 'failed', words: `The server did not understand this page (${String(code)}).` };
  }
  return { then: 'reconnect-later', words: 'The connection was lost.' };
}
