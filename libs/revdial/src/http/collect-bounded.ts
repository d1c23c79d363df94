import type { Readable } from 'node:stream';
import { onAbort } from '@helix/pacing';
import { abortErrorOf, RevDialError } from '../revdial-error.js';

/**
 * The whole of a body as it came, in pieces: one copy less than in one buffer. Listens rather than iterates, since this is
 * done for every small answer.
 * @throws RevDialError UPSTREAM_TOO_LARGE past `maxBytes`, DIAL_ABORTED, and what the body fails with; the body is destroyed
 */
export function collectBounded(body: Readable, maxBytes: number, signal?: AbortSignal): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    const stop = (): void => {
      body.off('data', onData);
      body.off('end', onEnd);
      body.off('error', onError);
      body.off('close', onClose);
      stopListening();
    };
    const fail = (error: Error): void => {
      stop();
      body.on('error', ignoreError);
      body.destroy(error);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      byteCount += chunk.length;
      if (byteCount > maxBytes) {
        fail(new RevDialError('UPSTREAM_TOO_LARGE', `the answer is larger than ${String(maxBytes)} bytes`));
      } else {
        chunks.push(chunk);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(chunks);
    };
    const onError = (error: Error): void => {
      fail(error);
    };
    const onClose = (): void => {
      fail(body.errored ?? new RevDialError('DIAL_ABORTED', 'the answer was destroyed before its end'));
    };
    let stopListening: () => void = () => undefined;
    if (signal?.aborted === true) {
      fail(abortErrorOf(signal.reason));
    } else if (body.destroyed) {
      onClose();
    } else {
      stopListening = onAbort(signal, (reason) => {
        fail(abortErrorOf(reason));
      });
      body.on('end', onEnd);
      body.on('error', onError);
      body.on('close', onClose);
      body.on('data', onData);
    }
  });
}

/**
 * The whole of a body in one buffer.
 * @throws RevDialError UPSTREAM_TOO_LARGE past `maxBytes`, DIAL_ABORTED, and what the body fails with; the body is destroyed
 */
export async function readBounded(body: Readable, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
  const chunks = await collectBounded(body, maxBytes, signal);
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function ignoreError(): void {
  return undefined;
}
