/**
 * `npm run bench -- soak`: conversations and bulk through one link of generation 3 that is cut every two seconds, for a long time.
 * Every byte that comes back is compared with what was sent. Memory and handles of both ends are read all the while: what they are
 * after the first minute is what they should be at the end.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { benchOptions } from './bench-options.js';
import { stopAllChildren, whenAskedToEnd } from './child-processes.js';
import { SoakBed } from './soak-bed.js';
import { Conversations } from './soak-conversations.js';

const SAMPLE_MS = 15_000;
const CONVERSATIONS = 8;
const BULKS = 2;

const {
  minutes,
  transport,
  'cut-every-ms': cutEveryMs,
} = benchOptions({
  name: 'soak',
  about:
    'Conversations and bulk through one link of generation 3 that is cut again and again: every byte is compared, memory and handles of both ends are read.',
  options: {
    minutes: { kind: 'number', min: 0.1, unit: 'minutes', default: 10, about: 'how long' },
    transport: { kind: 'choice', choices: ['mux', 'mux-websocket'], default: 'mux', about: 'how the link is carried' },
    'cut-every-ms': { kind: 'number', min: 1, unit: 'milliseconds', default: 2_000, about: 'between two cuts' },
  },
});
const asked = new AbortController();
whenAskedToEnd(() => {
  asked.abort();
});

const bed = await SoakBed.start(transport, cutEveryMs);
try {
  const talk = new Conversations(bed.streamPort, bed.bulkPort);
  talk.start(CONVERSATIONS, BULKS);
  const endsAtMs = performance.now() + minutes * 60_000;
  const samples = [];
  process.stdout.write('    s      MB  cuts  errors   api MB  api fds  agent MB  agent fds\n');
  while (performance.now() < endsAtMs && !asked.signal.aborted) {
    await delay(SAMPLE_MS, undefined, { signal: asked.signal }).catch(() => undefined);
    const sample = {
      ...(await bed.footprint()),
      cuts: bed.cutCount,
      errors: talk.errors,
      mb: Math.round(talk.bytes / 1e6),
    };
    samples.push(sample);
    const cells = [
      Math.round((samples.length * SAMPLE_MS) / 1000),
      sample.mb,
      sample.cuts,
      sample.errors,
      sample.apiMb,
      sample.apiFds,
      sample.agentMb,
      sample.agentFds,
    ];
    process.stdout.write(
      `${cells.map((cell, at) => String(cell).padStart([5, 8, 6, 8, 9, 9, 10, 11][at] ?? 8)).join('')}\n`,
    );
  }
  await talk.stop();
  await delay(2_000);
  const settled = samples[Math.min(3, samples.length - 1)];
  const last = await bed.footprint();
  process.stdout.write(
    `${JSON.stringify({
      bench: 'soak',
      transport,
      cuts: bed.cutCount,
      mb: Math.round(talk.bytes / 1e6),
      streams: talk.streams,
      errors: talk.errors,
      apiMb: [settled?.apiMb, last.apiMb],
      agentMb: [settled?.agentMb, last.agentMb],
      fdsAtEnd: [last.apiFds, last.agentFds],
    })}\n`,
  );
  if (talk.errors > 0) process.exitCode = 1;
} finally {
  await bed.close();
  await stopAllChildren();
}
