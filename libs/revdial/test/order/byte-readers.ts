import { request as httpRequest } from 'node:http';
import { Writable } from 'node:stream';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { turn } from '../mux/support/scripted-pipe.js';

/** How many turns of the event loop the reader rests after each piece; 0: none at all. */
export type Pace = (pieceCount: number) => number;

export interface WhatCame {
  readonly bytes: Buffer;
  /** Told that this is all of it? Otherwise it was told of an error. */
  readonly isWhole: boolean;
}

type Reader = (stream: Duplex, pace: Pace) => Promise<WhatCame>;

async function rest(turnCount: number): Promise<void> {
  for (let count = 0; count < turnCount; count += 1) await turn();
}

/** How it ended, for readers by events. */
function ending(stream: Readable, pieces: readonly Buffer[]): Promise<WhatCame> {
  return new Promise((resolve) => {
    const settle = (isWhole: boolean): void => {
      resolve({ bytes: Buffer.concat(pieces), isWhole });
    };
    stream.once('end', () => {
      settle(true);
    });
    stream.on('error', () => {
      settle(false);
    });
    stream.once('close', () => {
      settle(false);
    });
    // Its events have passed.
    if (stream.destroyed) settle(false);
  });
}

const byData: (stream: Readable, pace: Pace) => Promise<WhatCame> = (stream, pace) => {
  const pieces: Buffer[] = [];
  const came = ending(stream, pieces);
  stream.on('data', (piece: Buffer) => {
    pieces.push(piece);
    const turnCount = pace(pieces.length);
    if (turnCount === 0) return;
    stream.pause();
    void rest(turnCount).then(() => stream.resume());
  });
  return came;
};

function byReadable(sizeOf: (pieceCount: number) => number | undefined): Reader {
  return (stream, pace) => {
    const pieces: Buffer[] = [];
    const came = ending(stream, pieces);
    let isResting = false;
    const readMore = (): void => {
      while (!isResting) {
        const size = sizeOf(pieces.length);
        const piece = ((size === undefined ? null : stream.read(size)) ?? stream.read()) as Buffer | null;
        if (piece === null) return;
        pieces.push(piece);
        const turnCount = pace(pieces.length);
        if (turnCount === 0) continue;
        isResting = true;
        void rest(turnCount).then(() => {
          isResting = false;
          readMore();
        });
      }
    };
    stream.on('readable', readMore);
    return came;
  };
}

const byIteration: Reader = async (stream, pace) => {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      await rest(pace(pieces.length));
    }
    return { bytes: Buffer.concat(pieces), isWhole: true };
  } catch {
    return { bytes: Buffer.concat(pieces), isWhole: false };
  }
};

const byPipeline: Reader = async (stream, pace) => {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write: (piece: Buffer, _encoding, callback) => {
      pieces.push(piece);
      const turnCount = pace(pieces.length);
      if (turnCount === 0) callback();
      else void rest(turnCount).then(() => callback());
    },
  });
  const isWhole = await pipeline(stream, sink).then(
    () => true,
    () => false,
  );
  return { bytes: Buffer.concat(pieces), isWhole };
};

export const RAW_READERS: Readonly<Record<string, Reader>> = {
  "plain 'data'": byData,
  "'readable' and read()": byReadable(() => undefined),
  "'readable' and read(n)": byReadable((pieceCount) => 1 + ((pieceCount * 7) % 50)),
  'async iteration': byIteration,
  pipeline: byPipeline,
};

const RUNNER = runnerIdOf('wolf', '1');

const byUndici: Reader = async (stream, pace) => {
  const pool = new RunnerHttpPool({ dial: () => Promise.resolve(stream) });
  try {
    const { body } = await pool.request(RUNNER, { method: 'GET', path: '/' });
    return await byData(body, pace);
  } catch {
    return { bytes: Buffer.alloc(0), isWhole: false };
  } finally {
    pool.destroy();
  }
};

const byNodeHttp: Reader = (stream, pace) =>
  new Promise((resolve) => {
    const asked = httpRequest({ createConnection: () => stream, path: '/' }, (answer) => {
      void byData(answer, pace).then(({ bytes }) => {
        resolve({ bytes, isWhole: answer.complete });
      });
    });
    asked.on('error', () => {
      resolve({ bytes: Buffer.alloc(0), isWhole: false });
    });
    asked.end();
  });

export const HTTP_READERS: Readonly<Record<string, Reader>> = { undici: byUndici, 'node:http': byNodeHttp };
