import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLocalAddress } from '@helix/revdial';
import type { DialBackTransport } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { connReady, readAll } from './support/api-double.js';
import type { ApiDouble } from './support/api-double.js';
import type { LocalService } from './support/local-service.js';
import { TOKEN } from './support/start-tunnel.js';
import { TunnelRig } from './support/tunnel-rig.js';

describe.each<DialBackTransport>(['hijack', 'websocket'])('streams of a tunnel over %s', (transport) => {
  let rig: TunnelRig;
  let api: ApiDouble;
  let service: LocalService;

  beforeEach(async () => {
    rig = await TunnelRig.create(transport);
    api = rig.api;
  });

  afterEach(async () => {
    await rig.close();
  });

  it('carries any number of bytes both ways', async () => {
    service = await rig.serve((socket) => {
      socket.pipe(socket);
    });
    await rig.connect(service);
    const websocket = await api.dial();
    const sent = randomBytes(3_000_000);
    const hash = createHash('sha256');
    let byteCount = 0;
    const received = new Promise<void>((resolve) => {
      websocket.on('message', (chunk: Buffer, isBinary: boolean) => {
        expect(isBinary).toBe(true);
        hash.update(chunk);
        byteCount += chunk.length;
        if (byteCount === sent.length) resolve();
      });
    });
    for (let at = 0; at < sent.length; at += 100_000) websocket.send(sent.subarray(at, at + 100_000));
    await received;
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  });

  it('passes on all that the service said before it ended, then closes the data connection', async () => {
    const answer = randomBytes(750_000);
    service = await rig.serve((socket) => {
      socket.once('data', () => socket.end(answer));
    });
    const { tunnel } = await rig.connect(service);
    const websocket = await api.dial();
    const all = readAll(websocket);
    websocket.send(Buffer.from('GET /\r\n'));
    const { bytes, code } = await all;
    expect(bytes.equals(answer)).toBe(true);
    expect(code).toBe(1000);
    await eventually(() => {
      expect(tunnel.openStreamCount).toBe(0);
    });
  });

  it('passes on all that came before the API closed, then ends the connection to the service', async () => {
    const received: Buffer[] = [];
    let ended = false;
    service = await rig.serve((socket) => {
      socket.on('data', (chunk) => received.push(chunk));
      socket.once('end', () => {
        ended = true;
      });
    });
    const { tunnel } = await rig.connect(service);
    const websocket = await api.dial();
    const sent = randomBytes(2_000_000);
    websocket.send(sent);
    websocket.close(1000);
    await eventually(() => {
      expect(ended).toBe(true);
      expect(tunnel.openStreamCount).toBe(0);
    });
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('reads from a service only what the API takes, and loses nothing', async () => {
    const answer = randomBytes(40_000_000);
    service = await rig.serve((socket) => {
      socket.end(answer);
    });
    await rig.connect(service);
    const websocket = await api.dial();
    websocket.pause();
    const all = readAll(websocket);
    await eventually(() => expect(service.connections[0]?.writableLength).toBeGreaterThan(0));
    const queued = (): number => service.connections[0]?.writableLength ?? 0;
    let before = -1;
    // What is still queued at the service stops shrinking: every buffer on the way is full.
    await eventually(() => {
      const now = queued();
      const isSettled = now === before;
      before = now;
      expect(isSettled).toBe(true);
    });
    expect(queued()).toBeGreaterThan(0);
    websocket.resume();
    expect((await all).bytes.equals(answer)).toBe(true);
  });

  it('tells an answer that a failing service cut short from one that ended', async () => {
    service = await rig.serve((socket) => {
      socket.once('data', () => {
        socket.write('half');
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    await rig.connect(service);
    const websocket = await api.dial();
    const all = readAll(websocket);
    websocket.send(Buffer.from('x'));
    await once(websocket, 'message');
    websocket.send(Buffer.from('y'));
    const { bytes, code } = await all;
    expect(bytes.toString()).toBe('half');
    expect(code).toBe(1011);
  });

  it('closes the data connection while the local service is away, serves once it is back', async () => {
    const path = join(tmpdir(), `revdial-${randomBytes(6).toString('hex')}.sock`);
    const local = parseLocalAddress(`unix://${path}`);
    if (local === undefined) throw new Error('bad address');
    const { tunnel, logger } = rig.start(local);
    await eventually(() => expect(tunnel.state).toBe('connected'));
    const first = await readAll(await api.dial());
    expect(first.bytes.length).toBe(0);
    expect(api.control.lines).toEqual([]);
    expect(logger.find('the local service does not answer')?.level).toBe('debug');
    expect(logger.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);

    await rig.serve(undefined, { path });
    const websocket = await api.dial();
    websocket.send(Buffer.from('hello'));
    const [echoed] = (await once(websocket, 'message')) as [Buffer];
    expect(echoed.toString()).toBe('hello');
  });

  it('says pickup-failed, with the path and a reason, when the data connection is refused', async () => {
    service = await rig.serve();
    await rig.connect(service);
    api.data = { status: 503 };
    api.control.write(connReady('a'.repeat(32)));
    await eventually(() => expect(api.control.lines).toHaveLength(1));
    const message: unknown = JSON.parse(api.control.lines[0] ?? '');
    expect(message).toEqual({
      command: 'pickup-failed',
      connPath: `/revdial?revdial.dialer=${'d'.repeat(32)}&revdial.req=${'a'.repeat(32)}`,
      err: 'answered 503',
    });
    expect(service.connections).toEqual([]);
  });

  it('says pickup-failed when the data connection is not answered in time', async () => {
    service = await rig.serve();
    await rig.connect(service, api.url, { pickUpTimeoutMs: 100 });
    api.data = 'silent';
    api.control.write(connReady('a'.repeat(32)));
    await eventually(() => expect(api.control.lines[0]).toContain('not picked up within 100 ms'));
  });

  it('rewrites the first /revdial, echoes the query verbatim and keeps the prefix of the server', async () => {
    service = await rig.serve();
    await rig.connect(service, `${api.url}/tenant/a/`);
    expect(api.requests[0]?.url).toBe('/tenant/a/api/v1/revdial?runnerid=wolf-test');
    api.control.write('{"command":"conn-ready","connPath":"/revdial?revdial.dialer=%41b&x=/revdial&y"}\n');
    await eventually(() =>
      expect(api.requests.at(-1)).toMatchObject({
        kind: 'data',
        url: '/tenant/a/api/v1/revdial?revdial.dialer=%41b&x=/revdial&y',
        authorization: `Bearer ${TOKEN}`,
      }),
    );
  });

  it('gives two hundred dials at once their own answers', async () => {
    service = await rig.serve();
    await rig.connect(service);
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const websocket = await api.dial();
        websocket.send(Buffer.from(`question ${String(index)}`));
        const [answer] = (await once(websocket, 'message')) as [Buffer];
        websocket.close();
        return answer.toString();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => `question ${String(index)}`));
  });

  it('picks up 64 at once, keeps 1024 waiting and refuses the next', async () => {
    service = await rig.serve();
    await rig.connect(service);
    api.data = 'silent';
    for (let index = 0; index < 64 + 1024 + 1; index += 1)
      api.control.write(connReady(String(index).padStart(32, '0')));
    await eventually(() =>
      expect(api.control.lines.some((line) => line.includes('too many pick-ups are waiting'))).toBe(true),
    );
    expect(api.control.lines.filter((line) => line.includes('too many'))).toHaveLength(1);
    expect(api.requests.filter(({ kind }) => kind === 'data').length).toBeLessThanOrEqual(64);
  });

  it('opens 1024 streams and refuses the next', async () => {
    service = await rig.serve();
    const { tunnel } = await rig.connect(service);
    for (let count = 0; count < 1024; count += 64) await Promise.all(Array.from({ length: 64 }, () => api.dial()));
    await eventually(() => expect(tunnel.openStreamCount).toBe(1024));
    api.control.write(connReady('f'.repeat(32)));
    await eventually(() => expect(api.control.lines[0]).toContain('too many streams are open'));
  });

  it('cuts a data connection that sends text', async () => {
    service = await rig.serve();
    const { tunnel } = await rig.connect(service);
    const websocket = await api.dial();
    await eventually(() => expect(tunnel.openStreamCount).toBe(1));
    websocket.send('text');
    await once(websocket, 'close');
    await eventually(() => expect(tunnel.openStreamCount).toBe(0));
  });
});
