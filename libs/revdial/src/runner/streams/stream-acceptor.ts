import type { Socket } from 'node:net';
import { reportDefect } from '../../defect.js';
import { startDial } from '../../diagnostics.js';
import { encodeConnected, encodeRefusal, PreambleReader } from '../../dial/dial-codec.js';
import type { DialRefusalCode, ReadPreamble } from '../../dial/dial-codec.js';
import { DIAL_PREAMBLE_TIMEOUT_MS } from '../../dial/limits.js';
import type { MuxStream } from '../../mux/mux-stream.js';
import type { ResetCode } from '../../mux/reset-code.js';
import { parseRunnerId } from '../../runner-id.js';
import { STREAMS_PER_RUNNER_COUNT } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import type { RunnerLogger } from '../tunnel-status.js';
import { JoinedStream } from './joined-stream.js';
import { describeLocalAddress, dialLocal } from './local-address.js';
import type { LocalAddress } from './local-address.js';
import type { StreamSet } from './stream-set.js';

/** A runner id, and the service behind it. */
export interface TunnelTarget {
  readonly runnerId: string;
  readonly local: LocalAddress;
  /** This runner's own; lines do not repeat its id. */
  readonly logger: RunnerLogger;
}

/** Where streams of one runner go. */
export interface StreamTarget extends TunnelTarget {
  readonly streams: StreamSet;
}

const CODE_OF_ERRNO: Readonly<Record<string, DialRefusalCode>> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'no-such-socket',
  ENOTSOCK: 'no-such-socket',
  ENOTFOUND: 'no-such-socket',
  EHOSTUNREACH: 'no-such-socket',
  ENETUNREACH: 'no-such-socket',
  ETIMEDOUT: 'timeout',
};

/**
 * What becomes of streams that the API opens: reads the preamble, dials the local service of its target, says so, and ties
 * the two together; or refuses with the reason.
 */
export class StreamAcceptor {
  readonly #targets = new Map<string, StreamTarget>();
  readonly #dialing = new Map<StreamTarget, number>();
  readonly #timings: RunnerTimings;
  #isRefusing = false;

  constructor(targets: readonly StreamTarget[], timings: RunnerTimings) {
    this.#timings = timings;
    for (const target of targets) {
      // The API calls a desktop by its own name for it.
      for (const id of [target.runnerId, parseRunnerId(target.runnerId)?.id])
        if (id !== undefined) this.#targets.set(id, target);
    }
  }

  /** From now on every stream is refused. Idempotent. */
  close(): void {
    this.#isRefusing = true;
  }

  readonly accept = (stream: MuxStream): void => {
    // Each failure of a stream ends in its 'close', which its holder listens to.
    stream.on('error', ignoreError);
    const reader = new PreambleReader();
    const settle = (): void => {
      clearTimeout(timer);
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', settle);
      stream.pause();
    };
    const giveUp = (code: ResetCode): void => {
      settle();
      stream.reset(code);
    };
    const onData = (bytes: Buffer): void => {
      let read: ReadPreamble | undefined;
      try {
        read = reader.push(bytes);
      } catch {
        giveUp('internal');
        return;
      }
      if (read === undefined) return;
      settle();
      this.#connect(stream, read).catch((error: unknown) => {
        reportDefect('the connecting of a stream', error);
        stream.reset('internal');
      });
    };
    const onEnd = (): void => {
      giveUp('cancelled');
    };
    const timer = setTimeout(() => {
      giveUp('expired');
    }, DIAL_PREAMBLE_TIMEOUT_MS);
    stream.on('data', onData);
    stream.once('end', onEnd);
    stream.once('close', settle);
  };

  async #connect(stream: MuxStream, { preamble, rest }: ReadPreamble): Promise<void> {
    stream.streamClass = preamble.streamClass;
    const target = this.#targets.get(preamble.target);
    if (target === undefined) {
      this.#refuse(stream, 'unknown-target', 'this agent does not serve it');
    } else if (this.#isRefusing) {
      this.#refuse(stream, 'stopping', 'the agent is stopping');
    } else if (target.streams.size + (this.#dialing.get(target) ?? 0) >= STREAMS_PER_RUNNER_COUNT) {
      this.#refuse(stream, 'limit', 'too many streams are open');
    } else {
      const endDial = startDial(target.runnerId, preamble.streamClass);
      const local = await this.#dial(stream, target);
      endDial?.(local === undefined && !stream.destroyed ? 'SERVICE_DOWN' : undefined);
      if (local === undefined) return;
      stream.write(encodeConnected());
      target.streams.add(new JoinedStream(stream, local, rest, this.#timings.flushTimeoutMs));
    }
  }

  /** `undefined`: refused, or the stream is gone. */
  async #dial(stream: MuxStream, target: StreamTarget): Promise<Socket | undefined> {
    const { local, logger } = target;
    const given = new AbortController();
    const onClose = (): void => {
      given.abort(new Error('the stream is gone'));
    };
    stream.once('close', onClose);
    if (stream.destroyed) onClose();
    this.#dialing.set(target, (this.#dialing.get(target) ?? 0) + 1);
    try {
      return await dialLocal(local, this.#timings.localDialTimeoutMs, given.signal, { allowHalfOpen: true });
    } catch (error) {
      if (given.signal.aborted) return undefined;
      // The service may not have started yet.
      const problem = error instanceof Error ? error.message : 'failed';
      logger.debug({ local: describeLocalAddress(local), problem }, 'the local service does not answer');
      this.#refuse(stream, codeOf(error), `${describeLocalAddress(local)}: ${problem}`);
      return undefined;
    } finally {
      stream.off('close', onClose);
      this.#dialing.set(target, (this.#dialing.get(target) ?? 1) - 1);
    }
  }

  #refuse(stream: MuxStream, code: DialRefusalCode, reason: string): void {
    stream.end(encodeRefusal({ code, reason }));
    // What was sent on trust goes nowhere.
    stream.resume();
    const timer = setTimeout(() => {
      stream.reset('cancelled');
    }, this.#timings.flushTimeoutMs);
    stream.once('close', () => {
      clearTimeout(timer);
    });
  }
}

function codeOf(error: unknown): DialRefusalCode {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? CODE_OF_ERRNO[code] : undefined) ?? 'other';
}

function ignoreError(): void {
  return undefined;
}
