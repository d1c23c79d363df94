import type { Socket } from 'node:net';
import type { MuxStream } from '../../mux/mux-stream.js';
import { keepReadingAfterFailedWrite } from '../../wire/keep-reading.js';
import type { RunnerStream } from './stream-set.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * One stream of a multiplexed link tied to one connection of the local service. Each direction ends on its own, and a cut of
 * either side cuts the other; the end that cannot take more pauses the other.
 */
export class JoinedStream implements RunnerStream {
  readonly closed: Promise<void>;
  readonly #remote: MuxStream;
  readonly #local: Socket;
  readonly #flushTimeoutMs: number;
  #awaitsAnswer = false;
  #movedByteCount = 0;
  #isLocalDeaf = false;
  #isBroken = false;

  /** The stream is paused and is resumed here; `local` allows half-open. `first` is what came behind the preamble. */
  constructor(remote: MuxStream, local: Socket, first: Buffer, flushTimeoutMs: number) {
    this.#remote = remote;
    this.#local = local;
    this.#flushTimeoutMs = flushTimeoutMs;
    this.closed = Promise.all(
      [remote, local].map(
        (end) =>
          new Promise<void>((resolve) => {
            if (end.closed) resolve();
            else end.once('close', resolve);
          }),
      ),
    ).then(() => undefined);

    keepReadingAfterFailedWrite(local);
    remote.on('data', this.#onRemoteData);
    remote.on('drain', this.#onRemoteDrain);
    remote.once('end', this.#onRemoteEnd);
    remote.once('error', this.#onRemoteError);
    remote.once('close', this.#onRemoteClose);
    local.on('data', this.#onLocalData);
    local.on('drain', this.#onLocalDrain);
    local.once('end', this.#onLocalEnd);
    local.once('error', this.#onLocalError);
    local.once('close', this.#onLocalClose);

    if (local.destroyed) this.#onLocalClose();
    else if (remote.destroyed) this.#onRemoteClose();
    else {
      if (first.length > 0) this.#onRemoteData(first);
      // Its end may have come right behind the preamble.
      if (remote.readableEnded) this.#onRemoteEnd();
      else if (!local.writableNeedDrain) remote.resume();
    }
  }

  get movedByteCount(): number {
    return this.#movedByteCount;
  }

  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer;
  }

  /** The link has pings of its own. */
  ping(): void {
    return undefined;
  }

  close(): void {
    if (!this.#remote.destroyed) this.#remote.end();
    if (!this.#local.destroyed) this.#local.end();
    this.#cutLater();
  }

  destroy(): void {
    this.#remote.reset('cancelled');
    this.#local.destroy();
  }

  readonly #onRemoteData = (chunk: Buffer): void => {
    // What a service that has answered and left will not read is dropped, so that its answer still arrives.
    if (this.#isLocalDeaf) return;
    this.#awaitsAnswer = true;
    this.#movedByteCount += chunk.length;
    if (!this.#local.write(chunk)) this.#remote.pause();
  };

  readonly #onLocalDrain = (): void => {
    this.#remote.resume();
  };

  readonly #onLocalData = (chunk: Buffer): void => {
    this.#awaitsAnswer = false;
    this.#movedByteCount += chunk.length;
    if (!this.#remote.write(chunk)) this.#local.pause();
  };

  readonly #onRemoteDrain = (): void => {
    this.#local.resume();
  };

  readonly #onRemoteEnd = (): void => {
    this.#local.end();
  };

  readonly #onLocalEnd = (): void => {
    this.#remote.end();
  };

  readonly #onRemoteError = (): void => {
    this.#resetLocal();
  };

  readonly #onLocalError = (): void => {
    if (this.#local.readableEnded) this.#deafen();
    else this.#resetRemote();
  };

  readonly #onRemoteClose = (): void => {
    const isWhole = this.#remote.readableEnded && this.#remote.writableFinished;
    if (!isWhole) this.#resetLocal();
  };

  readonly #onLocalClose = (): void => {
    if (this.#remote.destroyed) return;
    if (!this.#local.readableEnded) this.#resetRemote();
    else if (!this.#local.writableFinished) this.#deafen();
  };

  /** Said all it had to say and does not listen: its last words are more than what it did not want to hear. */
  #deafen(): void {
    if (this.#isLocalDeaf) return;
    this.#isLocalDeaf = true;
    this.#remote.resume();
    this.#cutLater();
  }

  #cutLater(): void {
    const timer = setTimeout(() => {
      this.destroy();
    }, this.#flushTimeoutMs);
    void this.closed.then(() => {
      clearTimeout(timer);
    });
  }

  /** After what the service had said: a reset overtakes what waits here. */
  #resetRemote(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#isLocalDeaf = true;
    this.#remote.resume();
    this.#remote.write(NO_BYTES, () => {
      this.#remote.reset('cancelled');
    });
    this.#cutLater();
  }

  #resetLocal(): void {
    const local = this.#local;
    if (local.destroyed) return;
    // Only TCP has a reset; and `remoteFamily` only a connection of it.
    if (local.remoteFamily === undefined) local.destroy();
    else local.resetAndDestroy();
  }
}
