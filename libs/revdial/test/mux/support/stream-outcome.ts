import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { MuxStreamError } from '@helix/revdial';
import type { ResetCode } from '@helix/revdial';

/** All bytes until the end; fails as the stream fails. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  // A plain `for await` destroys what it has read, also a stream that still writes.
  for await (const piece of stream.iterator({ destroyOnReturn: false })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Exactly so many bytes, and leaves the rest. */
export async function readExactly(stream: Readable, byteCount: number): Promise<Buffer> {
  for (;;) {
    const bytes = stream.read(byteCount) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(stream, 'readable');
  }
}

/** With which code the stream fails. */
export async function failureCode(stream: Readable): Promise<ResetCode | undefined> {
  stream.on('error', () => undefined);
  const error: unknown = stream.errored ?? (await once(stream, 'error'))[0];
  return error instanceof MuxStreamError ? error.code : undefined;
}
