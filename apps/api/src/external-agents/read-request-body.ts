import type { IncomingMessage } from 'node:http';
import { API_LIMITS } from '../limits.js';

/**
 * Reads the body of a request into memory; `undefined` when it has more than `maxBytes`. The rest of a body that is too
 * long is read and dropped, because a caller whose connection is cut while he sends never sees the answer; far too long
 * ones are cut.
 * @throws Error when the caller leaves, or is cut
 */
export async function readRequestBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount <= maxBytes) {
      chunks.push(chunk);
      continue;
    }
    chunks.length = 0;
    if (byteCount > maxBytes * API_LIMITS.bodyDiscardFactor) {
      request.destroy();
      throw new Error('the body is far over the limit');
    }
  }
  return byteCount > maxBytes ? undefined : Buffer.concat(chunks, byteCount);
}
