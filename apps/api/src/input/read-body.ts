import type { ByteShare } from '@helix/external-agent';
import { RevDialError } from '@helix/revdial';
import type { Request } from 'express';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { mayStillSend } from './unread-body.js';

interface BodyBounds {
  readonly maxBytes: number;
  /** For all of it, from now on. */
  readonly maxMs: number;
  /** What counts the bytes that are held. */
  readonly share?: ByteShare;
}

/** Does the request announce a body at all? */
export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/**
 * Gets a request ready for its body to be read: a caller who waits to be asked for it is asked. For callers who were let in, and
 * for them alone.
 * @throws ApiError UNSUPPORTED_ENCODING for one that says something else than its bytes do
 */
export function inviteBody(request: Request): void {
  const { 'content-encoding': encoding = 'identity', 'transfer-encoding': transfer = 'chunked' } = request.headers;
  if (encoding.trim().toLowerCase() !== 'identity' || transfer.trim().toLowerCase() !== 'chunked') {
    throw new ApiError('UNSUPPORTED_ENCODING', 'the body must not be compressed; send it without Content-Encoding');
  }
  if (/100-continue/i.test(request.headers.expect ?? '')) request.res?.writeContinue();
}

/**
 * The body of a request in memory. Refuses one that announces too much before any of it is read; the rest of one that is refused is read
 * and dropped within bounds, because a caller whose connection is cut while sending never sees the answer.
 * @throws ApiError PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, UNSUPPORTED_ENCODING
 * @throws ExternalAgentError BUSY
 * @throws RevDialError DIAL_ABORTED when the caller leaves
 */
export async function readBody(request: Request, { maxBytes, maxMs, share }: BodyBounds): Promise<Buffer> {
  // For callers we know more of it may be dropped than for others.
  mayStillSend(request, maxBytes * API_LIMITS.bodyDiscardFactor);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  inviteBody(request);
  const chunks: Buffer[] = [];
  let byteCount = 0;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onLeft);
      request.off('error', onLeft);
      request.on('error', ignore);
      if (error === undefined) resolve();
      else {
        request.pause();
        reject(error instanceof Error ? error : new Error('the body could not be read', { cause: error }));
      }
    };
    const onData = (chunk: Buffer): void => {
      byteCount += chunk.length;
      if (byteCount > maxBytes) {
        settle(tooLarge(maxBytes));
        return;
      }
      try {
        share?.add(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        settle(error);
      }
    };
    const onEnd = (): void => {
      settle();
    };
    const onLeft = (): void => {
      settle(new RevDialError('DIAL_ABORTED', 'the caller left before the body was complete'));
    };
    const timer = setTimeout(() => {
      settle(new ApiError('REQUEST_TIMEOUT', `the body was not complete within ${String(maxMs / 1_000)} s`));
    }, maxMs);
    if (request.destroyed) {
      onLeft();
      return;
    }
    request.on('end', onEnd);
    request.on('close', onLeft);
    request.on('error', onLeft);
    request.on('data', onData);
  });
  return Buffer.concat(chunks, byteCount);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('PAYLOAD_TOO_LARGE', `the body is too large: at most ${String(maxBytes)} bytes are taken here`);
}

function ignore(): void {
  return undefined;
}
