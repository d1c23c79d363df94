import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { AnswerCounter, type CountedAnswer } from './answer-counter.js';
import { type LoadResult, runLoad } from './load.js';

describe('the answer counter', () => {
  const stream = Buffer.from(
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nConnection: close\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nHTTP/1\r\n4;x=y\r\n\r\n\r\n\r\n0\r\nTrailer: 1\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
    ].join(''),
  );

  it.each([1, 2, 3, 7, 64, 1000])('finds the same answers in reads of %i bytes', (readBytes) => {
    const answers: CountedAnswer[] = [];
    const counter = new AnswerCounter((answer) => answers.push(answer));
    for (let at = 0; at < stream.length; at += readBytes) {
      const read = stream.subarray(at, at + readBytes);
      counter.push(read, read.length);
    }
    expect(answers).toEqual([
      { status: 200, bodyBytes: 5, closes: false },
      { status: 404, bodyBytes: 0, closes: true },
      { status: 200, bodyBytes: 10, closes: false },
      { status: 204, bodyBytes: 0, closes: false },
    ]);
  });

  it.each(['SSH-2.0 nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(40_000)])(
    'refuses what has no known end',
    (bytes) => {
      const counter = new AnswerCounter(() => undefined);
      expect(() => {
        counter.push(Buffer.from(bytes), bytes.length);
      }).toThrow();
    },
  );
});

describe('the load generator', () => {
  let server: Server;
  let url: string;
  let listener: RequestListener;
  const asked = new Map<string, number>();

  beforeEach(async () => {
    asked.clear();
    listener = (_, res) => res.end('{"ok":true}');
    server = createServer((req, res) => {
      const key = `${req.url ?? ''} ${req.headers.authorization ?? ''}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
      listener(req, res);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('keeps each caller on one connection and one URL, with the headers it was given', async () => {
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const result = await runLoad({
      urls: [`${url}/a`, `${url}/b?x=1`],
      headers: { Authorization: 'Bearer key' },
      callers: 4,
      warmupMs: 50,
      durationMs: 200,
    });
    expect(result.errors).toBe(0);
    expect(result.requests).toBeGreaterThan(10);
    expect(result.bytes).toBe(result.requests * 11);
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
    expect(connections).toBe(4);
    expect([...asked.keys()].sort()).toEqual(['/a Bearer key', '/b?x=1 Bearer key']);
  });

  it('counts megabytes in a chunked body', async () => {
    listener = (_, res) => {
      res.write(Buffer.alloc(400_000, 13));
      res.end(Buffer.alloc(350_000, 10));
    };
    const result = await runLoad({ urls: [url], callers: 2, warmupMs: 20, durationMs: 200 });
    expect(result.errors).toBe(0);
    expect(result.bytes).toBe(result.requests * 750_000);
  });

  it('counts another status and a body that is too short as errors, by reason', async () => {
    listener = (req, res) => res.writeHead(req.url === '/short' ? 200 : 503).end('x');
    const job = { urls: [`${url}/short`, `${url}/refused`], callers: 2, warmupMs: 0, durationMs: 100, minBodyBytes: 2 };
    const result = await runLoad(job);
    expect(result.requests).toBe(0);
    expect(Object.keys(result.reasons).sort()).toEqual(['a body of 1 bytes', 'status 503']);
    expect(result.errors).toBe(Object.values(result.reasons).reduce((sum, count) => sum + count, 0));
  });

  it('goes on after a connection that breaks and after one that the server ends in order', async () => {
    let served = 0;
    listener = (req, res) => {
      served += 1;
      if (served % 3 === 0) req.socket.destroy();
      else if (served % 3 === 1) res.setHeader('Connection', 'close').end('bye');
      else res.end('hello');
    };
    const result = await runLoad({ urls: [url], callers: 1, warmupMs: 0, durationMs: 1_500 });
    expect(result.requests).toBeGreaterThan(5);
    expect(result.errors).toBeGreaterThan(2);
  });

  it('counts a server that is not there as errors', async () => {
    const result = await runLoad({ urls: ['http://127.0.0.1:1/'], callers: 2, warmupMs: 0, durationMs: 100 });
    expect(result.requests).toBe(0);
    expect(Object.keys(result.reasons).join()).toContain('ECONNREFUSED');
  });

  it('is a process that reads a job and prints one line', async () => {
    const program = fileURLToPath(new URL('./dist/load-generator.js', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify({ urls: [url], callers: 2, warmupMs: 20, durationMs: 1_000 }));
    const result = JSON.parse(await text(child.stdout)) as LoadResult;
    expect(result).toMatchObject({ errors: 0 });
    expect(result.requests).toBeGreaterThan(10);
  });

  it('fails with 1 on a job that is none', async () => {
    const program = fileURLToPath(new URL('./dist/load-generator.js', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end('{"urls":[]}');
    expect((await once(child, 'exit'))[0]).toBe(1);
  });
});
