import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { eventually } from '@helix/pacing/testing';
import { LOG_QUEUE_MAX_BYTES } from './limits.js';
import { LogSink } from './log-sink.js';

/** A pipe's own buffer on Linux. */
const PIPE_BYTES = 64 * 1024;

const folder = mkdtempSync(path.join(os.tmpdir(), 'helix-log-'));
let fifo = '';
let fifoCount = 0;

function open(file: string, flags: number): number {
  return openSync(file, flags | constants.O_NONBLOCK);
}

function openReader(): number {
  return open(fifo, constants.O_RDONLY);
}

function sinkOn(fd: number): LogSink {
  return new LogSink({ fd, reportOf: (count, code) => `lost ${String(count)} ${code}\n` });
}

/** What stands in the pipe now. */
function read(fd: number): string {
  const buffer = Buffer.alloc(PIPE_BYTES);
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch {
    return '';
  }
}

// A pipe for each test, and open until the file ends: a sink tries its own again and again.
beforeEach(() => {
  fifo = path.join(folder, String((fifoCount += 1)));
  execFileSync('mkfifo', [fifo]);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a sink of log lines', () => {
  it('keeps lines of a slow reader in order up to a bound, counts the rest', async () => {
    const reader = openReader();
    const sink = sinkOn(open(fifo, constants.O_WRONLY));
    const count = Math.ceil((3 * LOG_QUEUE_MAX_BYTES) / 1000);
    const startedAt = performance.now();
    for (let number = 0; number < count; number += 1) sink.write(`${String(number).padEnd(999, '.')}\n`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);

    let text = '';
    await eventually(() => {
      text += read(reader);
      expect(text).toContain('lost ');
    });
    const lines = text.split('\n').slice(0, -1);
    const lostCount = Number(/^lost (\d+) EAGAIN$/.exec(lines.pop() ?? '')?.[1]);
    expect(lines.map((line) => parseInt(line))).toEqual([...lines.keys()]);
    expect(lines.length + lostCount).toBe(count);
    expect(text.length).toBeGreaterThan(LOG_QUEUE_MAX_BYTES);
    expect(text.length).toBeLessThan(LOG_QUEUE_MAX_BYTES + 2 * PIPE_BYTES);
  });

  it('loses lines while there is no reader, and says how many before the next one', () => {
    const reader = openReader();
    const sink = sinkOn(open(fifo, constants.O_WRONLY));
    closeSync(reader);
    for (const line of ['one\n', 'two\n', 'three\n']) sink.write(line);
    const later = openReader();
    sink.write('four\n');
    expect(read(later)).toBe('lost 3 EPIPE\nfour\n');
  });

  it('says how many lines were lost although none follows', async () => {
    const reader = openReader();
    const sink = sinkOn(open(fifo, constants.O_WRONLY));
    closeSync(reader);
    sink.write('one\n');
    const later = openReader();
    await eventually(() => {
      expect(read(later)).toBe('lost 1 EPIPE\n');
    });
  });

  it('ends a line that was cut before it writes the next', () => {
    const reader = openReader();
    const sink = sinkOn(open(fifo, constants.O_WRONLY));
    sink.write(`${'x'.repeat(PIPE_BYTES + 10)}\n`);
    closeSync(reader);
    sink.write('two\n');
    const later = openReader();
    expect(read(later)).toBe('x'.repeat(PIPE_BYTES));
    sink.write('three\n');
    expect(read(later)).toBe('\nlost 2 EPIPE\nthree\n');
  });

  it('neither throws nor keeps anything where the disk is full', async () => {
    const sink = sinkOn(open('/dev/full', constants.O_WRONLY));
    for (let number = 0; number < 10_000; number += 1) sink.write(`${'x'.repeat(1000)}\n`);
    const startedAt = performance.now();
    await sink.flush(10_000);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('waits for a slow reader at the end, but not for longer than asked', async () => {
    const reader = openReader();
    const sink = sinkOn(open(fifo, constants.O_WRONLY));
    sink.write(`${'x'.repeat(PIPE_BYTES)}end\n`);
    const startedAt = performance.now();
    await sink.flush(100);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99);
    const flushed = sink.flush(10_000);
    read(reader);
    await flushed;
    expect(read(reader)).toBe('end\n');
  });
});
