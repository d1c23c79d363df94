import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { collectBounded, readBounded, RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import type { RunnerHttpPoolOptions, RunnerHttpRequest } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { LocalDialer } from '@helix/revdial/testing';
import { RawRunner } from './support/raw-runner.js';
import { answer, pathOf, RawService } from './support/raw-service.js';
import { Replica, RUNNER_TOKEN } from './support/replica.js';

const WOLF = runnerIdOf('wolf', 'one');
const GET = { method: 'GET', path: '/' } as const satisfies RunnerHttpRequest;

type Answer = (head: string, socket: Socket, requestNumber: number) => void;

/** The same suite over a tunnel and over a plain socket: the pool knows only streams. */
describe.each(['a tunnel of generation 1', 'a tunnel of generation 2', 'a plain socket'])('HTTP over %s', (way) => {
  const endings: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  async function serve(onRequest: Answer, options: RunnerHttpPoolOptions = {}) {
    const service = await RawService.start(onRequest);
    endings.push(() => service.close());
    if (way === 'a plain socket') {
      const dialer = new LocalDialer();
      dialer.set(WOLF, { port: service.port, host: '127.0.0.1' });
      const http = new RunnerHttpPool(dialer, options);
      endings.push(() => {
        http.destroy();
      });
      return { service, http, stop: () => service.close() };
    }
    const replica = await Replica.start({ http: options });
    endings.push(() => replica.close());
    const runner = await RawRunner.connect({
      generation: way.endsWith('1') ? 1 : 2,
      port: replica.port,
      runnerId: WOLF,
      token: RUNNER_TOKEN,
      servicePort: service.port,
    });
    endings.push(() => {
      runner.kill();
    });
    return { service, http: replica.http, stop: () => service.close() };
  }

  it('publishes the start and the end of each request, without its query', async () => {
    const { http, stop } = await serve((_head, socket) => socket.write(answer('secret')));
    const told: unknown[] = [];
    const note = (message: unknown): void => {
      told.push(message);
    };
    const names = ['helix:revdial:request:start', 'helix:revdial:request:end'];
    for (const name of names) subscribe(name, note);
    try {
      await text((await http.request(WOLF, { method: 'GET', path: '/picture?token=secret' })).body);
      await stop();
      await expect(http.request(WOLF, { method: 'GET', path: '/', requireFreshStream: true })).rejects.toThrow();
    } finally {
      for (const name of names) unsubscribe(name, note);
    }
    const first = { runnerId: WOLF, method: 'GET', path: '/picture' };
    const second = { runnerId: WOLF, method: 'GET', path: '/' };
    const durationMs = expect.any(Number) as number;
    expect(told).toEqual([
      first,
      { ...first, status: 200, durationMs },
      second,
      { ...second, code: expect.any(String) as string, durationMs },
    ]);
  });

  it('carries method, path, headers and bodies of every kind', async () => {
    let seen = '';
    const { http } = await serve((head, socket) => {
      seen = head;
      // The echo: the body follows the head in the raw bytes and is answered as it comes.
      const length = /content-length: (\d+)/i.exec(head)?.[1] ?? '0';
      socket.once('data', () => socket.write(answer(`got ${length}`)));
      if (length === '0') socket.write(answer('got none'));
    });
    const none = await http.request(WOLF, { ...GET, path: '/x?y=1', headers: { 'x-mine': 'v' } });
    expect(await text(none.body)).toBe('got none');
    expect(seen).toMatch(/^GET \/x\?y=1 HTTP\/1.1/);
    expect(seen).toContain('x-mine: v');
  });

  it('streams a request body and an answer', async () => {
    let received = 0;
    const { http } = await serve((_head, socket) => {
      socket.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received > 200_000) {
          socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
        }
      });
    });
    const body = Readable.from(Array.from({ length: 10 }, () => Buffer.alloc(32_000, 'b')));
    const response = await http.request(WOLF, {
      method: 'POST',
      path: '/',
      body,
      headers: { 'content-length': '320000' },
    });
    expect(await text(response.body)).toBe('hello');
  });

  it('keeps streams, and gives none to two requests at once', async () => {
    const { http, service } = await serve((head, socket) => socket.write(answer(pathOf(head))));
    for (let n = 0; n < 20; n += 1) {
      const response = await http.request(WOLF, { ...GET, path: `/${String(n)}` });
      expect(await text(response.body)).toBe(`/${String(n)}`);
    }
    expect(service.connectionCount).toBe(1);
  });

  it("works with a server of HTTP/1.0 that closes after each answer, as Wolf's does", async () => {
    const { http, service } = await serve((head, socket) => {
      socket.end(`HTTP/1.0 200 OK\r\n\r\n${pathOf(head)}${'.'.repeat(100_000)}`);
    });
    const bodies = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        text((await http.request(WOLF, { ...GET, path: `/${String(n)}` })).body),
      ),
    );
    bodies.forEach((body, n) => {
      expect(body).toBe(`/${String(n)}${'.'.repeat(100_000)}`);
    });
    expect(service.connectionCount).toBe(50);
    await eventually(() => {
      expect(http.streamCount).toBe(0);
    });
  });

  it('says SERVICE_DOWN when the service is down, or ends before its first byte', async () => {
    const { http, stop } = await serve((_head, socket) => socket.end());
    await expect(http.request(WOLF, GET)).rejects.toMatchObject({ code: 'SERVICE_DOWN', retryable: true });
    await stop();
    for (let n = 0; n < 20; n += 1) {
      await expect(http.request(WOLF, { ...GET, method: 'POST', body: 'x'.repeat(10_000) })).rejects.toMatchObject({
        code: 'SERVICE_DOWN',
      });
    }
    await eventually(() => {
      expect(http.streamCount).toBe(0);
    });
  });

  it('service hangs before or within its answer: UPSTREAM_TIMEOUT, and the stream is freed', async () => {
    const { http, service } = await serve((head, socket) => {
      if (pathOf(head) === '/half') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    });
    await expect(http.request(WOLF, { ...GET, headersTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    const half = await http.request(WOLF, { ...GET, path: '/half', bodyTimeoutMs: 100 });
    await expect(readBounded(half.body, 1000)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await eventually(() => {
      expect(http.streamCount).toBe(0);
      expect(service.sockets.size).toBe(0);
    });
  });

  it.each([
    ['garbage', 'what is this\r\n\r\n'],
    ['a head that is too large', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['an answer without a status', 'HTTP/1.1\r\n\r\n'],
  ])('says UPSTREAM_INVALID to %s', async (_case, bytes) => {
    const { http } = await serve((_head, socket) => socket.write(bytes));
    await expect(http.request(WOLF, GET)).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
    await eventually(() => {
      expect(http.streamCount).toBe(0);
    });
  });

  it('says UPSTREAM_INVALID when the answer is cut short', async () => {
    const { http } = await serve((head, socket) => {
      socket.end(pathOf(head) === '/head' ? 'HTTP/1.1 200' : 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    });
    await expect(http.request(WOLF, { ...GET, path: '/head' })).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
    const response = await http.request(WOLF, GET);
    await expect(readBounded(response.body, 1000)).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
  });

  it('says UPSTREAM_TOO_LARGE to an endless answer, having read little of it, and frees the stream', async () => {
    let written = 0;
    const { http, service } = await serve((_head, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk)) written += chunk.length;
      };
      socket.on('drain', more);
      more();
    });
    for (const read of [readBounded, collectBounded]) {
      const response = await http.request(WOLF, GET);
      await expect(read(response.body, 100_000)).rejects.toMatchObject({ code: 'UPSTREAM_TOO_LARGE' });
    }
    await eventually(() => {
      expect(http.streamCount).toBe(0);
      expect(service.sockets.size).toBe(0);
    });
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('holds a fast service back behind a slow reader', async () => {
    let written = 0;
    const total = 32 * 1024 * 1024;
    const { http } = await serve((_head, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(total)}\r\n\r\n`);
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (written < total && !socket.destroyed) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', more);
      more();
    });
    const response = await http.request(WOLF, GET);
    let before = -1;
    await eventually(async () => {
      const now = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
      before = written;
      expect(before).toBe(now);
    });
    expect(before).toBeLessThan(total);
    expect((await buffer(response.body)).length).toBe(total);
  });

  it('caller leaves before or within the answer, or drops the body: stream freed', async () => {
    const { http, service } = await serve((head, socket) => {
      if (pathOf(head) !== '/mute') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    });
    const caller = new AbortController();
    const mute = http.request(WOLF, { ...GET, path: '/mute', signal: caller.signal });
    await eventually(() => {
      expect(service.requestCount).toBe(1);
    });
    caller.abort();
    await expect(mute).rejects.toMatchObject({ code: 'DIAL_ABORTED' });

    const second = new AbortController();
    const half = await http.request(WOLF, { ...GET, signal: second.signal });
    const reading = readBounded(half.body, 1000);
    second.abort();
    await expect(reading).rejects.toMatchObject({ code: 'DIAL_ABORTED' });

    const left = await http.request(WOLF, GET);
    left.body.destroy();
    await expect(http.request(WOLF, { ...GET, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'DIAL_ABORTED',
    });
    await eventually(() => {
      expect(http.streamCount).toBe(0);
      expect(service.sockets.size).toBe(0);
    });
  });

  it('kept stream died: resends the request, unless it may have been carried out', async () => {
    const { http, service } = await serve((_head, socket, n) => {
      if (n === 1 || n === 3) socket.write(answer('kept'));
      else if (n === 2 || n === 4) socket.end();
      else socket.write(answer('fresh'));
    });
    expect(await text((await http.request(WOLF, GET)).body)).toBe('kept');
    // The second request arrives on the kept stream, which ends; the third is its repetition.
    expect(await text((await http.request(WOLF, GET)).body)).toBe('kept');
    expect(service.requestCount).toBe(3);
    await expect(http.request(WOLF, { ...GET, method: 'POST' })).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID',
      retryable: false,
    });
    expect(service.requestCount).toBe(4);
    expect(http.counters.requestsRetried).toBe(1);
  });

  it('never resends a PATCH; takes no kept stream where a fresh one is required', async () => {
    const { http, service } = await serve((_head, socket, n) => {
      if (n === 2) socket.end();
      else socket.write(answer('answered'));
    });
    const patch = { ...GET, method: 'PATCH', body: 'x' } as const;
    expect(await text((await http.request(WOLF, GET)).body)).toBe('answered');
    await expect(http.request(WOLF, patch)).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
    expect(await text((await http.request(WOLF, GET)).body)).toBe('answered');
    expect(service.connectionCount).toBe(2);
    expect(await text((await http.request(WOLF, { ...patch, requireFreshStream: true })).body)).toBe('answered');
    expect(service.connectionCount).toBe(3);
  });

  it('has so many streams for a runner, so many requests in line, and refuses the rest', async () => {
    const held: Socket[] = [];
    const { http, service } = await serve((_head, socket) => held.push(socket), {
      maxStreamCountPerRunner: 2,
      maxQueuedRequestCountPerRunner: 2,
      queueTimeoutMs: 300,
    });
    const first = [http.request(WOLF, GET), http.request(WOLF, GET)];
    const leaver = new AbortController();
    const left = http.request(WOLF, { ...GET, signal: leaver.signal });
    const tooLate = http.request(WOLF, GET);
    await expect(http.request(WOLF, GET)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
    const next = http.request(WOLF, GET);
    await expect(tooLate).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    await expect(next).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    expect(service.connectionCount).toBe(2);
    const served = http.request(WOLF, GET);
    for (const socket of held) socket.write(answer('at last'));
    for (const request of first) expect(await text((await request).body)).toBe('at last');
    await eventually(() => {
      expect(held).toHaveLength(3);
    });
    held[2]?.write(answer('and this'));
    expect(await text((await served).body)).toBe('and this');
  });

  describe('with a request whose body is a stream', () => {
    const POST = { method: 'POST', path: '/' } as const satisfies RunnerHttpRequest;

    it('does not blame the service when the body breaks, and frees the stream', async () => {
      const { http, service } = await serve(() => undefined);
      const body = new PassThrough();
      body.write('abc');
      const request = http.request(WOLF, { ...POST, body });
      await eventually(() => {
        expect(service.requestCount).toBe(1);
      });
      const cause = new Error('the upload broke');
      body.destroy(cause);
      await expect(request).rejects.toMatchObject({ code: 'DIAL_ABORTED', cause });
      await eventually(() => {
        expect(http.streamCount).toBe(0);
        expect(service.sockets.size).toBe(0);
      });
    });

    it('does not blame the service when the body stops coming, and frees the stream', async () => {
      const { http, service } = await serve(() => undefined, { bodyTimeoutMs: 200 });
      const body = new PassThrough();
      const beganAtMs = performance.now();
      const request = http.request(WOLF, { ...POST, body });
      const outcome = expect(request).rejects.toMatchObject({ code: 'REQUEST_BODY_STALLED', retryable: false });
      // Slow is not stalled.
      for (let n = 0; n < 5; n += 1) {
        body.write('abc');
        await new Promise((resolve) => setTimeout(resolve, 80));
      }
      await outcome;
      expect(performance.now() - beganAtMs).toBeGreaterThan(400);
      expect(body.destroyed).toBe(true);
      await eventually(() => {
        expect(http.streamCount).toBe(0);
        expect(service.sockets.size).toBe(0);
      });
    });

    it('leaves a body alone that the service holds back, and lets the service answer late', async () => {
      const { http } = await serve(
        (_head, socket) => {
          socket.pause();
          setTimeout(() => {
            socket.resume();
            socket.write(answer('late'));
          }, 500);
        },
        { bodyTimeoutMs: 100 },
      );
      const body = Readable.from(Array.from({ length: 400 }, () => Buffer.alloc(64 * 1024)));
      const response = await http.request(WOLF, { ...POST, body });
      expect(await text(response.body)).toBe('late');
    });

    it('destroys a body whose request was never written, and survives one that breaks while it waits', async () => {
      const held: Socket[] = [];
      const { http } = await serve((_head, socket) => held.push(socket), { maxStreamCountPerRunner: 1 });
      const first = http.request(WOLF, GET);
      const body = new PassThrough();
      const breaking = http.request(WOLF, { ...POST, body });
      body.destroy(new Error('the upload broke'));
      await expect(breaking).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
      await expect(http.request(WOLF, { ...POST, body })).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
      const unwritten = new PassThrough();
      const nowhere = runnerIdOf('wolf', 'nowhere');
      const refused = { ...POST, body: unwritten };
      await expect(http.request(nowhere, refused)).rejects.toMatchObject({
        code: 'RUNNER_NOT_CONNECTED',
      });
      expect(unwritten).toMatchObject({ destroyed: true });
      await eventually(() => {
        expect(held).toHaveLength(1);
      });
      held[0]?.write(answer('x'));
      await text((await first).body);
    });
  });

  it('sends no request whose caller left at the moment its stream opened', async () => {
    const { http, service } = await serve((_head, socket) => socket.write(answer('x')));
    await text((await http.request(WOLF, GET)).body);
    await new Promise((resolve) => setImmediate(resolve));
    const caller = new AbortController();
    const request = http.request(WOLF, { ...GET, signal: caller.signal });
    caller.abort();
    await expect(request).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
    await eventually(() => {
      expect(http.streamCount).toBe(0);
    });
    expect(service.requestCount).toBe(1);
  });

  it('has so many streams in all', async () => {
    const { http } = await serve(() => undefined, { maxStreamCount: 0 });
    await expect(http.request(WOLF, GET)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });

  it('lets idle streams go', async () => {
    const { http, service } = await serve((_head, socket) => socket.write(answer('x')), { idleLimitMs: 50 });
    await text((await http.request(WOLF, GET)).body);
    await eventually(() => {
      expect(http.streamCount).toBe(0);
      expect(service.sockets.size).toBe(0);
    });
  });

  it('blames the caller for what is not valid HTTP, and wastes nothing on it', async () => {
    const { http } = await serve((_head, socket) => socket.write(answer('x')));
    await expect(http.request(WOLF, { ...GET, path: '/a b' })).rejects.toThrow(TypeError);
    await expect(http.request(WOLF, { ...GET, headers: { 'x\n': 'y' } })).rejects.toThrow(TypeError);
    await eventually(() => {
      expect(http.streamCount).toBe(0);
    });
  });

  it('finishes what is under way when it is closed, and cuts it when it is destroyed', async () => {
    const { http, service } = await serve((head, socket) => {
      if (pathOf(head) === '/mute') return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
      setTimeout(() => socket.write('half'), 50);
    });
    const slow = await http.request(WOLF, GET);
    const mute = http.request(WOLF, { ...GET, path: '/mute' });
    const cut = expect(mute).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await eventually(() => {
      expect(service.requestCount).toBe(2);
    });
    const closed = http.close();
    await expect(http.request(WOLF, GET)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(await text(slow.body)).toBe('halfhalf');
    http.destroy();
    await cut;
    await closed;
    expect(http.streamCount).toBe(0);
  });
});

describe('HTTP over a link that is lost', () => {
  it('errors an answer without a length instead of letting it look complete', async () => {
    const service = await RawService.start((_head, socket) => socket.write('HTTP/1.0 200 OK\r\n\r\nhalf'));
    const replica = await Replica.start();
    const runner = await RawRunner.connect({
      generation: 2,
      port: replica.port,
      runnerId: WOLF,
      token: RUNNER_TOKEN,
      servicePort: service.port,
    });
    const response = await replica.http.request(WOLF, GET);
    await once(response.body, 'readable');
    replica.connections.remove(WOLF);
    await expect(readBounded(response.body, 1000)).rejects.toMatchObject({ code: 'LINK_LOST' });
    await replica.close();
    runner.kill();
    await service.close();
  });
});
