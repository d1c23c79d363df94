import { channel } from 'node:diagnostics_channel';
import { eventually } from '@helix/pacing/testing';
import { readBounded, runnerIdOf, startWireTrace } from '@helix/revdial';
import { TestRunner } from '@helix/revdial/testing';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';

const WOLF = runnerIdOf('wolf', '7');
const SECRET = 'a secret of the desktop';

interface Line extends Readonly<Record<string, unknown>> {
  readonly message: string;
}

let lines: Line[];
let stopTrace: () => void;

function startTrace(topics: Parameters<typeof startWireTrace>[0]): void {
  lines = [];
  stopTrace = startWireTrace(topics, (fields, message) => lines.push({ ...fields, message }));
}

afterEach(() => {
  stopTrace();
});

/** One request through both ends, which are in this process: what one sends, the other receives. */
async function request(): Promise<void> {
  const replica = await Replica.start();
  const runner = await TestRunner.connect({
    api: `http://127.0.0.1:${replica.port}`,
    runnerId: WOLF,
    token: RUNNER_TOKEN,
    service: (_request, response) => response.end(SECRET),
    carrier: 'mux',
  });
  try {
    const { body } = await replica.http.request(WOLF, { method: 'GET', path: `/?${encodeURIComponent(SECRET)}` });
    expect((await readBounded(body, 100)).toString()).toBe(SECRET);
  } finally {
    await runner.close();
    await replica.close();
  }
}

function of(direction: 'sent' | 'received', key: 'link' | 'carrier', number: unknown): readonly Line[] {
  return lines.filter((line) => line['direction'] === direction && line[key] === number);
}

it('frames: each frame is one line at both ends, without payload', async () => {
  startTrace(['frames']);
  await request();
  const opening = lines.find(({ direction, flags }) => direction === 'sent' && String(flags).includes('syn'));
  expect(opening).toMatchObject({ message: 'trace: frame', type: 'data', stream: 2, flags: ['syn'] });
  const links = [...new Set(lines.map(({ link }) => link))];
  expect(links).toHaveLength(2);
  const frames = (direction: 'sent' | 'received', link: unknown): readonly unknown[] =>
    of(direction, 'link', link).map(({ type, stream, flags, length }) => ({ type, stream, flags, length }));
  for (const [at, link] of links.entries()) {
    const received = frames('received', links[1 - at]);
    expect(received.length).toBeGreaterThan(0);
    // The end of the link cuts the last ones off.
    expect(frames('sent', link).slice(0, received.length)).toEqual(received);
  }
  expect(JSON.stringify(lines)).not.toContain('secret');
});

it('records: each record is one line, with offsets that go on from record to record', async () => {
  startTrace(['records']);
  await request();
  expect(lines.every(({ message }) => message === 'trace: record')).toBe(true);
  const data = lines.filter(({ type }) => type === 'data');
  const carriers = [...new Set(data.map((line) => line['carrier']))];
  expect(carriers).toHaveLength(2);
  for (const carrier of carriers)
    for (const direction of ['sent', 'received'] as const) {
      let offset = 0;
      const records = of(direction, 'carrier', carrier).filter(({ type }) => type === 'data');
      expect(records.length).toBeGreaterThan(0);
      for (const record of records) {
        expect(record['offset']).toBe(offset);
        offset += Number(record['length']);
      }
    }
  expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['ping', 'pong', 'ack', 'close']));
  expect(JSON.stringify(lines)).not.toContain('secret');
});

it('dials: a start and an end for each dial', async () => {
  startTrace(['dials']);
  await request();
  const [start] = lines;
  expect(start).toMatchObject({ message: 'trace: dial starts', runnerId: WOLF, streamClass: 'interactive' });
  expect(lines.filter(({ dial }) => dial === start?.['dial'])).toMatchObject([
    { message: 'trace: dial starts' },
    { message: 'trace: dial ends', durationMs: expect.any(Number) as number },
  ]);
});

it('more lines than the limit in one second become one line with the number dropped', async () => {
  startTrace(['dials']);
  const start = channel('helix:revdial:dial:start');
  for (let id = 0; id < 1_200; id += 1) start.publish({ id, runnerId: WOLF, streamClass: 'bulk' });
  expect(lines).toHaveLength(500);
  await eventually(() => expect(lines.at(-1)).toEqual({ droppedCount: 700, message: 'trace: lines dropped' }));
  start.publish({ id: 1_200, runnerId: WOLF, streamClass: 'bulk' });
  expect(lines).toHaveLength(502);
});

it('a trace that was stopped writes nothing more', async () => {
  startTrace(['records', 'frames', 'dials']);
  stopTrace();
  await request();
  expect(lines).toEqual([]);
});
