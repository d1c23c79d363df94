import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** What `signalling` asks of one process of viewers. */
export type SignallingJob = {
  readonly headers: Readonly<Record<string, string>>;
  /** Viewer number i opens `urls[i % urls.length]`, as a tab of its own. */
  readonly urls: readonly string[];
  readonly viewers: number;
  readonly durationMs: number;
} & (
  | { readonly kind: 'messages'; readonly intervalMs: number; readonly messageBytes: number }
  /** Each viewer connects, hears the host once, leaves, and does so again. */
  | { readonly kind: 'connects' }
  /** All stay, silent. */
  | { readonly kind: 'stay' }
);

export interface SignallingFigures {
  readonly count: number;
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

const FIRST = JSON.stringify({ AuthenticateAndInit: { width: 1280, height: 720, fps: 60, bitrate: 20_000 } });

const job = (await json(process.stdin)) as SignallingJob;
const latencies: number[] = [];
let errors = 0;
let isOver = false;
const sockets = await openAll(job.kind === 'connects' ? 0 : job.viewers);
const startedAt = performance.now();
const work = Array.from({ length: job.viewers }, (_, index) => workOf(index));
await delay(job.durationMs);
isOver = true;
const elapsedMs = performance.now() - startedAt;
await Promise.all(work);
for (const socket of sockets) socket.terminate();
const sorted = Float64Array.from(latencies).sort();
const quantile = (share: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1000) / 1000;
const figures: SignallingFigures = {
  count: sorted.length,
  perS: Math.round((sorted.length / elapsedMs) * 1000),
  p50Ms: quantile(0.5),
  p99Ms: quantile(0.99),
  errors,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

async function openAll(count: number): Promise<WebSocket[]> {
  const open: WebSocket[] = [];
  for (let index = 0; index < count; index += 1) open.push(await openOne(index));
  return open;
}

async function openOne(index: number, tab = String(index)): Promise<WebSocket> {
  const url = job.urls[index % job.urls.length] ?? '';
  const socket = new WebSocket(`${url}?viewer=${tab}`, { headers: job.headers, perMessageDeflate: false });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(FIRST);
  return socket;
}

async function workOf(index: number): Promise<void> {
  if (job.kind === 'connects') await connectAgainAndAgain(index);
  else if (job.kind === 'messages') await exchange(index, job.intervalMs, messageOf(job.messageBytes));
}

async function exchange(index: number, intervalMs: number, message: string): Promise<void> {
  const socket = sockets[index];
  if (socket === undefined) return;
  // Spread over the interval, so that viewers do not speak in chorus.
  await delay((intervalMs * index) / job.viewers);
  while (!isOver) {
    const sentAt = performance.now();
    const answered = once(socket, 'message');
    socket.send(message);
    await answered;
    const tookMs = performance.now() - sentAt;
    latencies.push(tookMs);
    await delay(Math.max(0, intervalMs - tookMs));
  }
}

async function connectAgainAndAgain(index: number): Promise<void> {
  for (let turn = 0; !isOver; turn += 1) {
    const sentAt = performance.now();
    try {
      const socket = await openOne(index, `${String(index)}-${String(turn)}`);
      const answered = once(socket, 'message');
      socket.send(messageOf(200));
      await answered;
      latencies.push(performance.now() - sentAt);
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    } catch {
      errors += 1;
      await delay(20);
    }
  }
}

function messageOf(length: number): string {
  return JSON.stringify({ Signaling: { AddIceCandidate: { candidate: 'x'.repeat(length), sdp_mid: '0' } } });
}
