import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  fixedToken,
  parseLocalAddress,
  parseServerAddress,
  readBounded,
  runnerIdOf,
  RunnerTunnel,
  SocketConnector,
} from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { answer, pathOf, RawService } from './support/raw-service.js';
import { Replica, RUNNER_TOKEN } from './support/replica.js';

const WOLF = runnerIdOf('wolf', 'interop');

function quiet(): void {
  return undefined;
}

describe.each(['hijack', 'websocket'] as const)("the library's two ends over %s", (transport) => {
  let replica: Replica;
  let service: RawService;
  let tunnel: RunnerTunnel;

  beforeEach(async () => {
    replica = await Replica.start({ gateway: { firstCommandDelayMs: 250 } });
    service = await RawService.start((head, socket) => socket.write(answer(`you asked for ${pathOf(head)}`)));
    tunnel = startTunnel();
    await eventually(() => {
      expect(replica.connections.find(WOLF)?.state).toBe('connected');
    });
  });

  afterEach(async () => {
    await tunnel.close(0);
    await replica.close();
    await service.close();
  });

  function startTunnel(): RunnerTunnel {
    const server = parseServerAddress(`http://127.0.0.1:${String(replica.port)}`);
    const local = parseLocalAddress(`127.0.0.1:${String(service.port)}`);
    if (server === undefined || local === undefined) throw new Error('the addresses of this test are wrong');
    const started = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: WOLF,
      local,
      token: fixedToken(RUNNER_TOKEN),
      transport,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
    started.start();
    return started;
  }

  it('carry 200 dials at once, and every answer belongs to its question', async () => {
    const asked = Array.from({ length: 200 }, async (_, n) => {
      const stream = await replica.connections.dial(WOLF);
      stream.write(`GET /question-${String(n)} HTTP/1.0\r\n\r\n`);
      stream.on('error', quiet);
      const chunks: Buffer[] = [];
      stream.on('data', (bytes: Buffer) => chunks.push(bytes));
      await eventually(() => {
        expect(
          Buffer.concat(chunks)
            .toString()
            .endsWith(`you asked for /question-${String(n)}`),
        ).toBe(true);
      });
      stream.destroy();
    });
    await Promise.all(asked);
  });

  it('carry 500 requests, 100 at a time', async () => {
    let n = 0;
    const callers = Array.from({ length: 100 }, async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        const path = `/${String(n++)}`;
        const response = await replica.http.request(WOLF, { method: 'GET', path });
        expect((await readBounded(response.body, 1000)).toString()).toBe(`you asked for ${path}`);
      }
    });
    await Promise.all(callers);
    expect(service.connectionCount).toBeLessThanOrEqual(32);
  });

  it('find each other when the runner restarts: requests made meanwhile are answered', async () => {
    tunnel.destroy();
    await eventually(() => {
      expect(replica.connections.find(WOLF)?.state).toBe('grace');
    });
    const asked = replica.http.request(WOLF, { method: 'GET', path: '/later' });
    tunnel = startTunnel();
    expect(await text((await asked).body)).toBe('you asked for /later');
  });

  it('know the round trip between them, and that they live', async () => {
    await eventually(() => {
      const status = replica.connections.find(WOLF);
      expect(status?.state === 'connected' && status.stats.roundTripMs).toBeGreaterThan(0);
    });
  });

  it('tell an answer that the service broke off from one that ended', async () => {
    await service.close();
    service = await RawService.start((_head, socket) => socket.write('HTTP/1.0 200 OK\r\n\r\nhalf'));
    await tunnel.close(0);
    tunnel = startTunnel();
    for (const isBroken of [false, true]) {
      const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/' });
      await once(body, 'readable');
      for (const socket of service.sockets) {
        if (isBroken) socket.resetAndDestroy();
        else socket.end();
      }
      if (isBroken) await expect(text(body)).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
      else expect(await text(body)).toBe('half');
    }
  });

  it('ask again when the service breaks a kept stream instead of answering on it', async () => {
    await service.close();
    const asked: Socket[] = [];
    service = await RawService.start((head, socket) => {
      if (asked.includes(socket)) socket.resetAndDestroy();
      else socket.write(answer(`you asked for ${pathOf(head)}`));
      asked.push(socket);
    });
    await tunnel.close(0);
    tunnel = startTunnel();
    for (const path of ['/first', '/second']) {
      const { body } = await replica.http.request(WOLF, { method: 'GET', path });
      expect(await text(body)).toBe(`you asked for ${path}`);
    }
    expect(asked).toHaveLength(3);
    expect(replica.counters.requestsRetried).toBe(1);
  });

  it('say SERVICE_DOWN when nothing listens behind the tunnel', async () => {
    await service.close();
    await expect(replica.http.request(WOLF, { method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'SERVICE_DOWN',
    });
    expect(replica.connections.find(WOLF)?.state).toBe('connected');
    service = await RawService.start(() => undefined);
  });
});
