import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateSync } from 'node:zlib';

import { findCapacity } from './capacity-search.js';
import { metricValue } from './metric-value.js';
import { noisePng } from './noise-png.js';
import { runPages } from './page-load.js';
import { firstDueMs, pagePolls } from './page-polls.js';
import { stepOf, stepTable } from './sessions-step.js';

describe('the search for what is carried', () => {
  const search = async (limit: number, most = 512, tries = Infinity) => {
    const asked: number[] = [];
    const found = await findCapacity({
      first: 16,
      most,
      tolerance: 0.06,
      hasTime: () => asked.length < tries,
      carries: (count) => {
        asked.push(count);
        return Promise.resolve(count <= limit);
      },
    });
    return { found, asked };
  };

  it.each([16, 17, 100, 200, 300, 511])('comes close to %i from below, never asking twice', async (limit) => {
    const { found, asked } = await search(limit);
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThanOrEqual(Math.floor(limit * 0.93) - 1);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(10);
  });

  it('ends at the most that it may ask for', async () => {
    expect(await search(10_000, 100)).toEqual({ found: 100, asked: [16, 32, 64, 100] });
  });

  it('finds less than the first', async () => {
    expect((await search(9)).found).toBe(9);
    expect((await search(0)).found).toBe(0);
  });

  it('gives what it has when time is up', async () => {
    expect(await search(1_000, 512, 3)).toEqual({ found: 64, asked: [16, 32, 64] });
  });
});

describe('the polls of a page', () => {
  it('are those of the front end', () => {
    const perSecond = (name: string): number =>
      pagePolls(1)
        .filter((poll) => poll.name === name)
        .reduce((sum, { periodMs }) => sum + 1_000 / periodMs, 0);
    expect(['state', 'screenshot', 'clipboard', 'idle'].map(perSecond)).toEqual([1.5, 1, 0.5, 1 / 30]);
  });

  it('of many pages are spread over their period', () => {
    const tenths = new Set(Array.from({ length: 50 }, (_, page) => Math.floor(firstDueMs(page, 1, 1_000) / 100)));
    expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('the light picture', () => {
  it('is a PNG of about the size asked for', () => {
    const png = noisePng(100);
    expect(Math.abs(png.length - 100 * 1024)).toBeLessThan(2_048);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const at = png.indexOf('IDAT');
    const pixels = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
    expect(pixels.length).toBe(100 * 1024);
  });
});

describe('a step', () => {
  const metrics = (dials: number, cpu: number): string =>
    `# HELP x\nhelix_tunnel_events_total{event="dial_started"} ${String(dials)}\nhelix_tunnel_events_total{event="dial_succeeded"} ${String(dials - 5)}\nprocess_cpu_seconds_total ${String(cpu)}\n`;
  const figures = {
    rps: 30,
    p50Ms: 3,
    p99Ms: 250,
    errors: 0,
    reasons: {},
    missing: { state: 7 },
    probedMs: 2_000,
    probes: {
      before: [metrics(10, 1), '{"requestCount":5}', '{"requestCount":1}'],
      after: [metrics(20, 2.5), '{"requestCount":8}', '{"requestCount":2}'],
    },
  };

  it('says what each page cost', () => {
    const step = stepOf(10, figures, 250);
    expect(step).toMatchObject({
      isCarried: true,
      upstreamDialsPerS: 5,
      newStreamsPerPageS: 0.5,
      wolfCallsPerPageS: 0.2,
      cpuPct: 75,
    });
    const [titles, row] = stepTable([step]).split('\n');
    expect(row).toHaveLength(titles?.length ?? 0);
  });

  it.each([{ p99Ms: 250.1 }, { errors: 1 }])('is not carried with %j', (change) => {
    expect(stepOf(10, { ...figures, ...change }, 250).isCarried).toBe(false);
  });

  it('is not carried when the API does not even tell its counts', () => {
    expect(stepOf(10, { ...figures, errors: 1, probes: undefined }, 250)).toMatchObject({
      isCarried: false,
      cpuPct: null,
    });
  });

  it('takes a series that is not there for 0', () => {
    expect(metricValue(metrics(10, 1), 'helix_tunnel_events_total{event="dial_moved"}')).toBe(0);
  });
});

describe('the open pages', () => {
  let server: Server;
  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  };
  const run = (apiUrl: string) =>
    runPages({
      apiUrl,
      key: 'k',
      sessionIds: ['ses_a', 'ses_b'],
      pictureMinBytes: 3,
      warmupMs: 100,
      durationMs: 1_500,
      probeUrls: [],
    });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('poll on time, and count a missing route apart', async () => {
    const asked = new Map<string, number>();
    const figures = await run(
      await serve((request, response) => {
        asked.set(request.url ?? '', (asked.get(request.url ?? '') ?? 0) + 1);
        expect(request.headers.authorization).toBe('Bearer k');
        response.writeHead((request.url ?? '').includes('/sessions/') ? 404 : 200).end('png');
      }),
    );
    expect(figures).toMatchObject({ errors: 0, reasons: {} });
    expect(figures.missing['state']).toBeGreaterThan(1);
    expect(figures.rps).toBeGreaterThan(2);
    expect(asked.get('/api/v1/external-agents/ses_b/screenshot')).toBeGreaterThan(0);
  });

  it('count a missing answer as one that took as long as its limit', async () => {
    const figures = await run(await serve(() => undefined));
    expect(figures).toMatchObject({ rps: 0, errors: 0 });
    expect(figures.p99Ms).toBeGreaterThan(500);
  });

  it('tell why answers are of no use', async () => {
    const url = await serve((request, response) => {
      if ((request.url ?? '').endsWith('/screenshot')) response.end('x');
      else if ((request.url ?? '').endsWith('/clipboard')) request.socket.destroy();
      else response.writeHead(503).end();
    });
    const { reasons } = await run(url);
    expect(Object.keys(reasons)).toEqual(expect.arrayContaining(['status 503', 'a body of 1 bytes']));
  });
});
