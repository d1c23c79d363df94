import type { IncomingMessage } from 'node:http';
import type { ByteShare } from '@helix/external-agent';
import { API_LIMITS } from '../limits.js';

/**
 * Reads the body of a request into memory, counted in `share`; `undefined` when it has more than `maxBytes`. The rest of a
 * body that is too long, or that the share has no room for, is read and dropped, because a caller whose connection is cut
 * while he sends never sees the answer; far too long ones are cut.
 * @throws ExternalAgentError BUSY
 * @throws Error when the caller leaves, or is cut
 */
export async function readRequestBody(
  request: IncomingMessage,
  maxBytes: number,
  share: ByteShare,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      byteCount += chunk.length;
      if (byteCount <= maxBytes) {
        share.add(chunk.length);
        chunks.push(chunk);
        continue;
      }
      chunks.length = 0;
      share.release();
      if (byteCount > maxBytes * API_LIMITS.bodyDiscardFactor) {
        request.destroy();
        throw new Error('the body is far over the limit');
      }
    }
  } finally {
    request.resume();
  }
  return byteCount > maxBytes ? undefined : Buffer.concat(chunks, byteCount);
}
