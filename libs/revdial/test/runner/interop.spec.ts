import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixedToken, isRevDialError, readBounded, runnerIdOf } from '@helix/revdial';
import type { DialBackTransport, RevDialErrorCode } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { OTHER_USER_TOKEN, Replica, RUNNER_TOKEN, SESSION, USER_TOKEN } from '../support/replica.js';
import { unusedPort } from './support/local-service.js';
import { startTunnel } from './support/start-tunnel.js';
import type { StartedTunnel } from './support/start-tunnel.js';

const RUNNER = runnerIdOf('wolf', 'test');
const PICTURE = randomBytes(750_000);

describe.each<DialBackTransport>(['hijack', 'websocket'])(
  'the runner’s end against the API’s end over %s',
  (transport) => {
    let replica: Replica;
    let origin: ReturnType<typeof createServer>;
    let tunnels: StartedTunnel[];

    beforeEach(async () => {
      tunnels = [];
      replica = await Replica.start();
      origin = createServer((request, response) => {
        if (request.url === '/picture') response.end(PICTURE);
        else if (request.method === 'POST') request.pipe(response);
        else response.end(request.url);
      });
      origin.listen(0, '127.0.0.1');
      await once(origin, 'listening');
    });

    afterEach(async () => {
      for (const { tunnel } of tunnels) tunnel.destroy();
      await replica.close();
      origin.closeAllConnections();
      origin.close();
    });

    function start(options: Parameters<typeof startTunnel>[2] = {}, port?: number): StartedTunnel {
      const local = { kind: 'tcp', host: '127.0.0.1', port: port ?? (origin.address() as AddressInfo).port } as const;
      const started = startTunnel(`http://127.0.0.1:${String(replica.port)}`, local, {
        transport,
        token: fixedToken(RUNNER_TOKEN),
        ...options,
      });
      tunnels.push(started);
      return started;
    }

    async function connected({ tunnel }: StartedTunnel): Promise<void> {
      await eventually(() => expect(tunnel.state).toBe('connected'));
    }

    async function get(path: string): Promise<Buffer> {
      const { body } = await replica.http.request(RUNNER, { method: 'GET', path });
      return readBounded(body, 10_000_000);
    }

    async function codeOf(request: Promise<unknown>): Promise<RevDialErrorCode | undefined> {
      const error: unknown = await request.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return isRevDialError(error) ? error.code : undefined;
    }

    it('gives two hundred requests at once their own answers', async () => {
      await connected(start());
      expect(replica.connections.find(RUNNER)).toMatchObject({ state: 'connected', transport });
      const paths = Array.from({ length: 200 }, (_, index) => `/question/${String(index)}`);
      const answers = await Promise.all(paths.map(async (path) => (await get(path)).toString()));
      expect(answers).toEqual(paths);
    });

    it('gives two hundred bare dials at once their own streams', async () => {
      await connected(start());
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const stream = await replica.connections.dial(RUNNER);
          stream.write(`GET /${String(index)} HTTP/1.0\r\n\r\n`);
          const answer = await readBounded(stream, 10_000);
          return answer.toString().split('\r\n\r\n')[1];
        }),
      );
      expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => `/${String(index)}`));
    });

    it('brings a picture whole, and a body there and back', async () => {
      await connected(start());
      const pictures = await Promise.all(Array.from({ length: 16 }, () => get('/picture')));
      expect(pictures.every((picture) => picture.equals(PICTURE))).toBe(true);
      const { body } = await replica.http.request(RUNNER, { method: 'POST', path: '/', body: PICTURE });
      expect((await readBounded(body, 1_000_000)).equals(PICTURE)).toBe(true);
    });

    it('is SERVICE_DOWN when the local service is not there', async () => {
      await connected(start({}, await unusedPort()));
      expect(await codeOf(get('/'))).toBe('SERVICE_DOWN');
    });

    it('comes back after a loss, and a request made meanwhile waits for it', async () => {
      const first = start();
      await connected(first);
      first.tunnel.destroy();
      await eventually(() => expect(replica.connections.find(RUNNER)?.state).toBe('grace'));
      const waiting = get('/patience');
      await connected(start());
      expect((await waiting).toString()).toBe('/patience');
    });

    it('lets a request finish when the runner is stopped', async () => {
      let answerNow: () => void = () => undefined;
      origin.removeAllListeners('request').on('request', (_request, response) => {
        answerNow = () => void response.end('in time');
      });
      const started = start();
      await connected(started);
      const none = answerNow;
      const request = get('/slow');
      await eventually(() => expect(answerNow).not.toBe(none));
      const closing = started.tunnel.close(5_000);
      answerNow();
      expect((await request).toString()).toBe('in time');
      await closing;
    });

    it('is refused for good with an unknown token', async () => {
      const { tunnel } = start({ token: fixedToken('unknown'), refusedAfterMs: 0 });
      expect(await tunnel.closed).toEqual({ reason: 'refused', status: 401 });
    });

    it('is refused for good with an id that the token may not open', async () => {
      const { tunnel } = start({ token: fixedToken(USER_TOKEN), refusedAfterMs: 0 });
      expect(await tunnel.closed).toEqual({ reason: 'refused', status: 400 });
    });

    it('waits for an id that another principal holds', async () => {
      const runnerId = `sandbox-${SESSION}`;
      const holder = start({ runnerId, token: fixedToken(USER_TOKEN) });
      await connected(holder);
      const other = start({ runnerId, token: fixedToken(OTHER_USER_TOKEN) });
      await eventually(() =>
        expect(other.logger.find('not connected')?.fields).toMatchObject({ code: 'UNAVAILABLE', status: 409 }),
      );
      expect(holder.tunnel.state).toBe('connected');
    });
  },
);

it('chooses the hijack against the API’s end by itself', async () => {
  const replica = await Replica.start();
  const local = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;
  const { tunnel } = startTunnel(`http://127.0.0.1:${String(replica.port)}`, local, {
    token: fixedToken(RUNNER_TOKEN),
  });
  await eventually(() => expect(tunnel.transport).toBe('hijack'));
  tunnel.destroy();
  await replica.close();
});
