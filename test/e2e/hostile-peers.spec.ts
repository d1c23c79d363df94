import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ControlPlane } from '../support/control-plane.js';
import { GpuHost } from '../support/gpu-host.js';
import { ManagedProcess } from '../support/managed-process.js';
import type { RestClient } from '../support/rest-client.js';

const TRY_COUNT = 150;

/** Valid beginnings, so that what follows reaches the layers behind. */
const RECORDS = Buffer.from(
  '0100000c000100020000000100000000' + '03000008aaaaaaaaaaaaaaaa' + '020000080000000000000000',
  'hex',
);
const MASKED_FRAME = Buffer.concat([Buffer.of(0x82, 0x80 | 25, 0, 0, 0, 0), Buffer.from('{"command":"keep-alive"}\n')]);
const LINE = Buffer.from('{"command":"pickup-failed","connPath":"/revdial?revdial.req=00","err":"x"}\n');

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello',
  'HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=99999999999\r\nContent-Length: 9\r\n\r\n',
].map((text) => Buffer.from(text));

/** Some bytes changed, left out, doubled or put in. */
function mutated(bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let left = randomInt(4); left > 0; left -= 1) {
    const at = randomInt(result.length + 1);
    const end = Math.min(result.length, at + randomInt(8));
    const between = [randomBytes(randomInt(4)), result.subarray(at, end), Buffer.alloc(0)][randomInt(3)];
    result = Buffer.concat([
      result.subarray(0, at),
      between ?? Buffer.alloc(0),
      result.subarray(randomInt(2) === 0 ? at : end),
    ]);
  }
  return result;
}

describe('peers that send whatever they like', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let user: RestClient;
  let session: string;
  let service: Server;
  const agents: ManagedProcess[] = [];

  beforeAll(async () => {
    plane = await ControlPlane.start();
    host = await GpuHost.start(plane, 'local', ['--desktops', 'none']);
    user = await plane.user('mallory');
    session = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
  });

  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await host.close();
    await plane.close();
  });

  async function expectAlive(): Promise<void> {
    expect(plane.api.hasExited).toBe(false);
    expect((await plane.stranger.get('/healthz')).status).toBe(200);
    expect(plane.api.lines.filter((line) => /"level":"(fatal|error)"|Assertion/.test(line))).toEqual([]);
  }

  /** After a head in one write: bytes in any cut, and an end of some kind. */
  async function attack(head: string, valid: Buffer): Promise<void> {
    const port = Number(new URL(plane.url).port);
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    socket.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head);
    await Promise.race([once(socket, 'data'), closed]);
    const bytes = mutated(Buffer.concat(Array.from({ length: 1 + randomInt(4) }, () => mutated(valid))));
    for (let at = 0; at < bytes.length && !socket.destroyed;) {
      const end = at + 1 + randomInt(40);
      socket.write(bytes.subarray(at, end));
      at = end;
      if (randomInt(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (randomInt(2) === 0) socket.destroySoon();
    else socket.resetAndDestroy();
    await closed;
  }

  const head = (query: string, headers: string): string =>
    `GET /api/v1/revdial?${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${plane.runnerToken}\r\n${headers}\r\n`;
  const WEBSOCKET =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

  it.each([
    [
      'records and frames of generation 3',
      'Connection: Upgrade\r\nUpgrade: revdial\r\nRevDial-Version: 3\r\n',
      RECORDS,
    ],
    ['WebSocket frames of generation 3', `${WEBSOCKET}Sec-WebSocket-Protocol: revdial.v3\r\n`, MASKED_FRAME],
    ['control frames of generation 2', WEBSOCKET, MASKED_FRAME],
    ['control lines of generation 1', 'Connection: Upgrade\r\n', LINE],
  ])(
    'do not end the API with %s',
    async (_title, headers, valid) => {
      for (let count = 0; count < TRY_COUNT; count += 1)
        await attack(
          head(`runnerid=wolf-fuzz${String(count)}`, headers),
          count % 3 === 0 ? randomBytes(randomInt(1, 300)) : valid,
        );
      await expectAlive();
    },
    120_000,
  );

  it.each(['mux', 'websocket', 'hijack'])(
    'do not end API or agent as a service behind %s',
    async (transport) => {
      const sockets = new Set<Socket>();
      let connectionCount = 0;
      service = createServer((socket) => {
        connectionCount += 1;
        sockets.add(socket.on('error', () => undefined));
        socket.once('data', () => {
          const answer = mutated(ANSWERS[randomInt(ANSWERS.length)] ?? Buffer.alloc(0));
          for (let at = 0; at < answer.length;) {
            const end = at + 1 + randomInt(60);
            socket.write(answer.subarray(at, end));
            at = end;
          }
          if (randomInt(3) === 0) socket.resetAndDestroy();
          else socket.end();
        });
      });
      service.listen(0, '127.0.0.1');
      await once(service, 'listening');
      const { port } = service.address() as AddressInfo;
      const tunnel = ['--transport', transport, '--tunnel', `sandbox-${session}=127.0.0.1:${String(port)}`];
      const agent = ManagedProcess.start('apps/revdial-agent/dist/main.js', ['--server', plane.url, ...tunnel], {
        USER_API_TOKEN: user.key ?? '',
      });
      agents.push(agent);
      await plane.connected(`sandbox-${session}`);
      for (let count = 0; count < TRY_COUNT; count += 10)
        await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            user.get(`/api/v1/external-agents/${session}/screenshot?quality=${String(index + 1)}`),
          ),
        );
      expect(agent.hasExited).toBe(false);
      expect(connectionCount).toBeGreaterThan(TRY_COUNT / 10);
      await agent.stop();
      service.close();
      for (const socket of sockets) socket.destroy();
      await expectAlive();
    },
    120_000,
  );
});
