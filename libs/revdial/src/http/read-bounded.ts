import type { Readable } from 'node:stream';
import { collectBounded } from './collect-bounded.js';

/**
 * The whole of a body in one buffer.
 * @throws RevDialError UPSTREAM_TOO_LARGE past `maxBytes`, DIAL_ABORTED, and what the body fails with; the body is destroyed
 */
export async function readBounded(body: Readable, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
  const chunks = await collectBounded(body, maxBytes, signal);
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}
