import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface BulkFigures {
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** Asks the origin behind the stream for bulk, and counts it for `ms` after `warmupMs`, both in the query of `url`. Destroys the stream. */
export async function readBulk(stream: Duplex, url: string): Promise<BulkFigures> {
  const query = new URL(url, 'http://bench').searchParams;
  let count = 0;
  let failure: Error | undefined;
  stream.on('data', (bytes: Buffer) => (count += bytes.length));
  stream.on('error', (error) => (failure = error));
  stream.write('GET /bulk HTTP/1.1\r\nHost: origin\r\n\r\n');
  await delay(Number(query.get('warmupMs')));
  const before = count;
  const beganAt = performance.now();
  await delay(Number(query.get('ms')));
  const figures = { bytes: count - before, elapsedMs: performance.now() - beganAt };
  stream.destroy();
  if (failure !== undefined) throw failure;
  return figures;
}
