import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import { parseRunnerId, readBounded } from '@helix/revdial';
import type { RunnerId } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';
import { ScriptedAgent } from './support/scripted-agent.js';
import type { Carrier } from './support/scripted-agent.js';

function idOf(text: string): RunnerId {
  const name = parseRunnerId(text);
  if (name === undefined) throw new Error(text);
  return name.id;
}

const WOLF = idOf('wolf-7');
const MOONLIGHT = idOf('moonlight-7');

let replica: Replica;
let agent: ScriptedAgent;
let web: Server;
let echo: Server;

async function listening<T extends Server>(server: T): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  const http = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const length = Number(new URL(request.url ?? '', 'http://x').searchParams.get('bytes') ?? 0);
      response.writeHead(200, { 'x-received': String(bytes) }).end(Buffer.alloc(length, 'p'));
    });
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary }));
  });
  web = await listening(http);
  // Answers only after the other direction has ended.
  echo = await listening(
    createTcpServer({ allowHalfOpen: true }, (socket) => {
      const chunks: Buffer[] = [];
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => socket.end(Buffer.concat(chunks)));
    }),
  );
});

afterAll(() => {
  web.close();
  echo.close();
});

describe.each<Carrier>(['raw', 'websocket'])('streams over a link of generation 3 on a %s carrier', (carrier) => {
  beforeEach(async () => {
    replica = await Replica.start();
    agent = await ScriptedAgent.open({
      port: replica.port,
      token: RUNNER_TOKEN,
      runnerIds: ['wolf-7', 'moonlight-7', 'hydra-7'],
      carrier,
      services: {
        'wolf-7': portOf(web),
        'moonlight-7': portOf(echo),
        'hydra-7': { code: 'no-such-socket', reason: 'no /run/hydra.sock' },
      },
    });
  });

  afterEach(async () => {
    await agent.close();
    await replica.close();
  });

  it('says how it travels, and for each runner', () => {
    const [hydra, ...others] = [...replica.connections.list()].sort((a, b) => (a.runnerId < b.runnerId ? -1 : 1));
    expect(hydra).toMatchObject({
      runnerId: 'hydra-7',
      state: 'connected',
      transport: carrier === 'raw' ? 'mux' : 'mux-websocket',
    });
    expect(others.map(({ runnerId }) => runnerId)).toEqual(['moonlight-7', 'wolf-7']);
    expect(agent.head.headers.get('revdial-hold-ms')).toBe('30000');
  });

  it('carries requests, uploads and pictures', async () => {
    const picture = await replica.http.request(WOLF, { method: 'GET', path: '/?bytes=748000', class: 'bulk' });
    expect((await readBounded(picture.body, 1_000_000)).length).toBe(748_000);
    const upload = await replica.http.request(WOLF, { method: 'POST', path: '/', body: Buffer.alloc(3_000_000) });
    expect(upload.headers['x-received']).toBe('3000000');
    upload.body.resume();
    expect(agent.dials).toEqual([
      { target: 'wolf-7', streamClass: 'bulk' },
      { target: 'wolf-7', streamClass: 'interactive' },
    ]);
  });

  it('keeps a stream for the next request', async () => {
    for (let index = 0; index < 3; index += 1) {
      const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/?bytes=10' });
      await readBounded(body, 100);
    }
    expect(agent.dials).toHaveLength(1);
    expect(replica.connections.find(WOLF)).toMatchObject({ stats: { openStreamCount: 1 } });
    expect(replica.counters).toMatchObject({ dialsStarted: 1, dialsSucceeded: 1 });
  });

  it('carries half-close: the answer comes after the question has ended', async () => {
    const stream = await replica.connections.dial(MOONLIGHT);
    stream.end('question');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('question');
    await eventually(() =>
      expect(replica.connections.find(MOONLIGHT)).toMatchObject({ stats: { openStreamCount: 0 } }),
    );
  });

  it('loses nothing of a caller who writes in pieces and ends in the same turn', async () => {
    const stream = await replica.connections.dial(MOONLIGHT);
    for (const piece of ['a', 'b', 'c']) stream.write(piece);
    stream.end('d');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('abcd');
  });

  it('reaches a service that speaks first, and one that is only asked to end', async () => {
    const silent = await replica.connections.dial(MOONLIGHT);
    await eventually(() => expect(agent.dials).toHaveLength(1));
    silent.end();
    silent.resume();
    await once(silent, 'end');
    const ended = await replica.connections.dial(MOONLIGHT);
    ended.end();
    ended.resume();
    await once(ended, 'end');
  });

  it('carries a WebSocket', async () => {
    const stream = await replica.connections.dial(WOLF);
    const socket = new WebSocket('ws://localhost/', { createConnection: () => stream as never });
    socket.on('open', () => socket.send('hello'));
    const [bytes] = (await once(socket, 'message')) as [Buffer];
    expect(bytes.toString()).toBe('hello');
    socket.terminate();
  });

  it('tells why a runner could not connect', async () => {
    await expect(replica.http.request(idOf('hydra-7'), { method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'SERVICE_DOWN',
      message: expect.stringContaining('no /run/hydra.sock') as string,
    });
    await eventually(() => expect(replica.counters.dialFailures).toEqual({ SERVICE_DOWN: 1 }));
  });

  it('aborts by the thousand and goes on', async () => {
    for (let index = 0; index < 2_000; index += 1) (await replica.connections.dial(MOONLIGHT)).destroy();
    const { status, body } = await replica.http.request(WOLF, { method: 'GET', path: '/' });
    body.resume();
    expect(status).toBe(200);
    await eventually(() =>
      expect(replica.connections.find(MOONLIGHT)).toMatchObject({ stats: { openStreamCount: 0 } }),
    );
  });

  it('gives up a dial without an answer', async () => {
    agent.socket.pause();
    const stream = await replica.connections.dial(WOLF, { timeoutMs: 50 });
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'DIAL_TIMEOUT' });
  });
});
