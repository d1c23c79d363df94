import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { readBulk } from './read-bulk.js';

/** What is asked of this process: one look at streams that a TCP port leads to, with the origin at their other end. */
export type ProbeJob = {
  readonly port: number;
} &
  /** Opens `count` streams one after the other; each counts from before it is opened to the first byte of an answer. */
  (
    | { readonly kind: 'first-byte'; readonly count: number }
    /** Messages of 100 bytes on kept streams to each of the ports, on time whether or not the last one is back. */
    | { readonly kind: 'echo'; readonly controlPort: number; readonly warmupMs: number; readonly durationMs: number }
    | { readonly kind: 'bulk'; readonly warmupMs: number; readonly durationMs: number }
  );

export interface ProbeFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of echoes over `controlPort` in the same time. */
  readonly controlP99Ms: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

const ECHO_STREAMS = 2;
const ECHO_INTERVAL_MS = 4;
const ECHO_BYTES = 100;
/** Echoes still under way when their time is over. */
const LAST_ECHO_LIMIT_MS = 3_000;
const FIRST_BYTE_LIMIT_MS = 10_000;
const ECHO_REQUEST = 'GET /echo HTTP/1.1\r\nHost: origin\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

const NOTHING: ProbeFigures = { p50Ms: 0, p99Ms: 0, controlP99Ms: 0, bytes: 0, elapsedMs: 0 };

const job = (await json(process.stdin)) as ProbeJob;
process.stdout.write(`${JSON.stringify({ ...NOTHING, ...(await measure()) })}\n`);
process.exit(0);

async function measure(): Promise<Partial<ProbeFigures>> {
  switch (job.kind) {
    case 'first-byte': {
      const latencies: number[] = [];
      for (let index = 0; index < job.count; index += 1) latencies.push(await firstByte(job.port));
      return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
    }
    case 'echo': {
      const over = await echoes(job.port);
      const control = await echoes(job.controlPort);
      await delay(job.warmupMs);
      const sentAfterMs = performance.now();
      await delay(job.durationMs);
      const [latencies, controlLatencies] = await Promise.all([over.end(sentAfterMs), control.end(sentAfterMs)]);
      return {
        p50Ms: quantile(latencies, 0.5),
        p99Ms: quantile(latencies, 0.99),
        controlP99Ms: quantile(controlLatencies, 0.99),
      };
    }
    case 'bulk': {
      const socket = opened(job.port);
      const query = `?warmupMs=${String(job.warmupMs)}&ms=${String(job.durationMs)}`;
      return readBulk(socket, query);
    }
    default:
      return job satisfies never;
  }
}

function opened(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', (error) => {
    process.stderr.write(`stream probe: ${error.message}\n`);
  });
  return socket;
}

async function firstByte(port: number): Promise<number> {
  const beganAt = performance.now();
  const socket = opened(port);
  socket.write('GET /small HTTP/1.1\r\nHost: origin\r\n\r\n');
  await once(socket, 'data', { signal: AbortSignal.timeout(FIRST_BYTE_LIMIT_MS) });
  const tookMs = performance.now() - beganAt;
  socket.destroy();
  return tookMs;
}

interface Echoes {
  /** Latencies of what was sent after that moment. Sends no more, and waits for what is under way. */
  end(sentAfterMs: number): Promise<readonly number[]>;
}

async function echoes(port: number): Promise<Echoes> {
  const all = await Promise.all(Array.from({ length: ECHO_STREAMS }, () => echo(port)));
  return {
    end: async (sentAfterMs) => (await Promise.all(all.map((one) => one.end(sentAfterMs)))).flat(),
  };
}

async function echo(port: number): Promise<Echoes> {
  const socket = opened(port);
  socket.write(ECHO_REQUEST);
  await once(socket, 'data', { signal: AbortSignal.timeout(FIRST_BYTE_LIMIT_MS) });
  const message = Buffer.alloc(ECHO_BYTES, 'x');
  const sentAtMs: number[] = [];
  const backAtMs: number[] = [];
  let bytesBack = 0;
  socket.on('data', (bytes: Buffer) => {
    bytesBack += bytes.length;
    const nowMs = performance.now();
    while (backAtMs.length < Math.floor(bytesBack / ECHO_BYTES)) backAtMs.push(nowMs);
  });
  const timer = setInterval(() => {
    sentAtMs.push(performance.now());
    socket.write(message);
  }, ECHO_INTERVAL_MS);
  return {
    end: async (sentAfterMs) => {
      clearInterval(timer);
      const deadlineMs = performance.now() + LAST_ECHO_LIMIT_MS;
      while (backAtMs.length < sentAtMs.length && performance.now() < deadlineMs) await delay(5);
      socket.destroy();
      // One that did not come back took at least until now.
      const nowMs = performance.now();
      return sentAtMs.flatMap((sentMs, index) => (sentMs < sentAfterMs ? [] : [(backAtMs[index] ?? nowMs) - sentMs]));
    },
  };
}

function quantile(latencies: readonly number[], share: number): number {
  const sorted = Float64Array.from(latencies).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
