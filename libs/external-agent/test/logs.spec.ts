import type { ServerResponse } from 'node:http';
import { eventually } from '@helix/pacing/testing';

import { ByteBudget, EXTERNAL_AGENT_LIMITS, LogService, logText, type LogEntry, type LogFeed } from '../src/index.js';
import { TunnelledDesktop } from './support/tunnelled-desktop.js';

function plain(line: string): LogEntry {
  return { t: null, stream: null, line };
}

describe('logs of desktops', () => {
  let desktop: TunnelledDesktop;
  let logs: LogService;
  /** The desktop's end of the last log that was asked for. */
  let log: ServerResponse | undefined;

  const follow = async (signal = new AbortController().signal): Promise<LogFeed> => {
    log = undefined;
    desktop.answer = (_request, response) => {
      response.flushHeaders();
      log = response;
    };
    return await logs.follow(desktop.sessionId, 10, signal);
  };
  /** Takes until so many lines are there. */
  const read = async (feed: LogFeed, count: number): Promise<{ entries: LogEntry[]; droppedCount: number }> => {
    const entries: LogEntry[] = [];
    let droppedCount = 0;
    while (entries.length < count) {
      const taken = await feed.take(5_000);
      if (taken.entries.length === 0) throw new Error('no more lines came');
      entries.push(...taken.entries);
      droppedCount += taken.droppedCount;
    }
    return { entries, droppedCount };
  };

  beforeAll(async () => {
    desktop = new TunnelledDesktop();
    await desktop.start();
  });
  beforeEach(() => {
    logs = new LogService(
      desktop.http,
      desktop.directory,
      new ByteBudget(EXTERNAL_AGENT_LIMITS.desktopBytesMaxInFlight),
    );
    desktop.forgetRequests();
  });
  afterEach(async () => {
    logs.close();
    await eventually(() => {
      expect(desktop.openStreamCount).toBeLessThanOrEqual(1);
    });
  });
  afterAll(async () => {
    await desktop.close();
  });

  describe('the last lines of a log', () => {
    it('are read, be they text or JSON', async () => {
      desktop.answer = (_request, response) =>
        response.end(
          'text\r\n\n{"t":"2026-01-01T00:00:00Z","stream":"stderr","line":"Grüße"}\n{"line":1}\n{broken\nlast',
        );
      const entries = await logs.tail(desktop.sessionId, 100);
      expect(entries).toEqual([
        plain('text'),
        { t: '2026-01-01T00:00:00Z', stream: 'stderr', line: 'Grüße' },
        plain('{"line":1}'),
        plain('{broken'),
        plain('last'),
      ]);
      expect(entries.map(logText)[1]).toBe('2026-01-01T00:00:00Z Grüße');
      expect(desktop.requests).toEqual(['GET /logs?tail=100']);
    });

    it('are the last even of a desktop that sends all it has', async () => {
      desktop.answer = (_request, response) =>
        response.end(Array.from({ length: 5_000 }, (_, index) => `line ${String(index)}`).join('\n'));
      const entries = await logs.tail(desktop.sessionId, 3);
      expect(entries.map((entry) => entry.line)).toEqual(['line 4997', 'line 4998', 'line 4999']);
    });

    it('are cut when they are very long, in whole characters', async () => {
      const max = EXTERNAL_AGENT_LIMITS.logLineMaxLength;
      desktop.answer = (_request, response) => response.end(`${'é'.repeat(max)}\n${'é'.repeat(max + 1)}\nshort\n`);
      const entries = await logs.tail(desktop.sessionId, 10);
      expect(entries.map((entry) => entry.line)).toEqual(['é'.repeat(max), `${'é'.repeat(max)} …[cut]`, 'short']);
    });

    it.each([
      [404, 'DESKTOP_UNSUPPORTED'],
      [405, 'DESKTOP_UNSUPPORTED'],
      [500, 'DESKTOP_ERROR'],
    ])('are not made up when the desktop answers %i', async (status, code) => {
      desktop.answer = (_request, response) => response.writeHead(status).end('no');
      await expect(logs.tail(desktop.sessionId, 10)).rejects.toMatchObject({ code });
      await expect(logs.follow(desktop.sessionId, 10, new AbortController().signal)).rejects.toMatchObject({ code });
      expect(logs.feedCount).toBe(0);
    });

    it.each([
      ['starting', 'DESKTOP_STARTING'],
      ['stopped', 'NO_DESKTOP'],
    ] as const)('are not asked of a session that is %s', async (state, code) => {
      const id = desktop.addSession(state);
      await expect(logs.tail(id, 10)).rejects.toMatchObject({ code });
      await expect(logs.follow(id, 10, new AbortController().signal)).rejects.toMatchObject({ code });
      expect(desktop.requests).toEqual([]);
    });

    it('are given up when there are far too many', async () => {
      desktop.answer = (_request, response) => {
        const block = Buffer.alloc(256 * 1024, 'x\n');
        const pump = (): void => {
          while (!response.destroyed && response.write(block));
        };
        response.on('drain', pump);
        pump();
      };
      await expect(logs.tail(desktop.sessionId, 10)).rejects.toMatchObject({ code: 'UPSTREAM_TOO_LARGE' });
    });
  });

  describe('a log that is followed', () => {
    it('comes line by line, however its bytes are split', async () => {
      const feed = await follow();
      expect(desktop.requests).toEqual(['GET /logs?tail=10&follow=true']);
      const bytes = Buffer.from('one\nzwö\nthree\n');
      log?.write(bytes.subarray(0, 6));
      expect((await read(feed, 1)).entries).toEqual([plain('one')]);
      log?.write(bytes.subarray(6));
      expect((await read(feed, 2)).entries).toEqual([plain('zwö'), plain('three')]);
      expect((await feed.take(10)).entries).toEqual([]);
      expect([feed.endCode, logs.feedCount]).toEqual([undefined, 1]);
    });

    it('may be quiet for longer than other answers', async () => {
      // Above the second which the pool of this test waits for heads of answers.
      const feed = await follow();
      await feed.take(1_500);
      log?.write('still here\n');
      expect((await read(feed, 1)).entries).toEqual([plain('still here')]);
    });

    it('ends with the desktop’s own end, its last line included', async () => {
      const feed = await follow();
      log?.end('the last');
      expect((await read(feed, 1)).entries).toEqual([plain('the last')]);
      await feed.take(5_000);
      expect([feed.endCode, logs.feedCount]).toEqual(['ENDED', 0]);
    });

    it('ends when the desktop dies', async () => {
      const feed = await follow();
      log?.write('begun\n');
      await read(feed, 1);
      desktop.cutService();
      await feed.take(5_000);
      expect(feed.endCode).toBe('UPSTREAM_INVALID');
      expect(logs.feedCount).toBe(0);
      await eventually(() => {
        expect(desktop.openStreamCount).toBe(0);
      });
    });

    it('ends although the desktop died before it was read', async () => {
      desktop.answer = (_request, response) => {
        response.write('one\n', () => response.socket?.resetAndDestroy());
      };
      const feed = await logs.follow(desktop.sessionId, 10, new AbortController().signal);
      while (feed.endCode === undefined) await feed.take(5_000);
      expect(feed.endCode).toBe('UPSTREAM_INVALID');
      await eventually(() => {
        expect([logs.feedCount, desktop.openStreamCount]).toEqual([0, 0]);
      });
    });

    it('is let go when its reader leaves', async () => {
      const leave = new AbortController();
      const feed = await follow(leave.signal);
      leave.abort(new Error('the reader left'));
      await feed.take(5_000);
      expect([feed.endCode, logs.feedCount]).toEqual(['DIAL_ABORTED', 0]);
      await eventually(() => {
        expect([desktop.openStreamCount, log?.destroyed]).toEqual([0, true]);
      });
    });

    it('ends when this replica closes, and begins no more', async () => {
      const feed = await follow();
      logs.close();
      await feed.take(5_000);
      expect(feed.endCode).toBe('SHUTTING_DOWN');
      expect((await follow()).endCode).toBe('SHUTTING_DOWN');
      expect(logs.feedCount).toBe(0);
    });

    it('drops and counts the oldest lines for a slow reader; the desktop is not blocked', async () => {
      const feed = await follow();
      const count = 20_000;
      const line = (index: number): string => `line ${String(index)} ${'x'.repeat(200)}`;
      let isSent = false;
      log?.write(Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(''), () => (isSent = true));
      await eventually(() => {
        expect(isSent).toBe(true);
      });
      log?.end('end\n');
      // All of it has arrived when the end has; nothing was read meanwhile.
      await eventually(() => {
        expect(feed.endCode).toBe('ENDED');
      });
      const { entries, droppedCount } = await feed.take(0);
      expect(entries.length + droppedCount).toBe(count + 1);
      expect(entries.length).toBe(EXTERNAL_AGENT_LIMITS.logQueueMaxLines);
      expect(entries.at(-1)).toEqual(plain('end'));
      expect(entries.at(-2)).toEqual(plain(line(count - 1)));
    });

    it('holds few lines when they are long', async () => {
      const feed = await follow();
      const length = EXTERNAL_AGENT_LIMITS.logLineMaxLength;
      log?.end(Array.from({ length: 200 }, () => `${'x'.repeat(length)}\n`).join(''));
      await eventually(() => {
        expect(feed.endCode).toBe('ENDED');
      });
      const { entries, droppedCount } = await feed.take(0);
      expect(entries.length).toBe(EXTERNAL_AGENT_LIMITS.logQueueMaxLength / length);
      expect(droppedCount).toBe(200 - entries.length);
    });

    it('is refused as BUSY to more readers than one desktop may have, until one leaves', async () => {
      const feeds: LogFeed[] = [];
      for (let count = 0; count < EXTERNAL_AGENT_LIMITS.logReadersMaxPerSession; count += 1) feeds.push(await follow());
      await expect(follow()).rejects.toMatchObject({ code: 'BUSY' });
      await expect(logs.tail(desktop.sessionId, 1)).rejects.toMatchObject({ code: 'BUSY' });
      feeds[0]?.destroy('DIAL_ABORTED');
      expect((await follow()).endCode).toBeUndefined();
    });
  });
});
