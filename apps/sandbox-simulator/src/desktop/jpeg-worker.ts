import { parentPort } from 'node:worker_threads';

import { encodeJpeg } from './jpeg-encoding.js';

/** What the thread is asked for: `png` re-encoded at `quality`. Answered in the order of the questions. */
export interface JpegOrder {
  readonly order: number;
  readonly png: Uint8Array;
  readonly quality: number;
}

export interface JpegDelivery {
  readonly order: number;
  readonly jpeg: Uint8Array;
}

parentPort?.on('message', ({ order, png, quality }: JpegOrder) => {
  const delivery: JpegDelivery = { order, jpeg: encodeJpeg(Buffer.from(png), quality) };
  parentPort?.postMessage(delivery);
});
