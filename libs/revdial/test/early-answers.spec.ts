import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { AgentTunnels, fixedToken, readBounded, runnerIdOf } from '@helix/revdial';
import type { AgentTransportMode, LocalAddress } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { RecordingLogger } from './runner/support/recording-logger.js';
import { connectorTo } from './runner/support/start-tunnel.js';
import { Replica, RUNNER_TOKEN } from './support/replica.js';

const WOLF = runnerIdOf('wolf', '7');
const TIMES = 25;

/** Answers as soon as it has the head, and ends its connection with most of the upload unread, which resets it. */
type Refuse = (socket: Socket) => void;
const REFUSAL = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large';

/** Only TCP has a reset; a Unix socket with bytes unread has its like. */
function reset(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

const REFUSALS: Readonly<Record<string, Refuse>> = {
  'resets the connection': (socket) => socket.write(REFUSAL, () => reset(socket)),
  'closes it with bytes unread': (socket) => socket.end(REFUSAL, () => socket.destroy()),
  'goes on without reading': (socket) => void socket.write(REFUSAL),
  'has said 100 Continue before': (socket) =>
    socket.write(`HTTP/1.1 100 Continue\r\n\r\n${REFUSAL}`, () => reset(socket)),
};

const MODES: readonly AgentTransportMode[] = ['mux', 'mux-websocket', 'websocket', 'hijack'];
const PLACES = ['TCP', 'a Unix socket'] as const;
const CASES = MODES.flatMap((mode) =>
  PLACES.flatMap((place) => Object.keys(REFUSALS).map((refusal) => ({ mode, place, refusal }))),
);

describe.each(CASES)('over $mode, a service on $place that answers 413 and $refusal', ({ mode, place, refusal }) => {
  let folder: string;
  let replica: Replica;
  let agent: AgentTunnels;
  let service: Server;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'early-'));
    service = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('readable', () => REFUSALS[refusal]?.(socket));
    });
    const file = path.join(folder, 'service.sock');
    if (place === 'TCP') service.listen(0, '127.0.0.1');
    else service.listen(file);
    await once(service, 'listening');
    const local: LocalAddress =
      place === 'TCP'
        ? { kind: 'tcp', host: '127.0.0.1', port: (service.address() as AddressInfo).port }
        : { kind: 'unix', path: file };
    replica = await Replica.start();
    const logger = new RecordingLogger();
    agent = new AgentTunnels({
      connector: connectorTo(`http://127.0.0.1:${String(replica.port)}`),
      token: fixedToken(RUNNER_TOKEN),
      transport: mode,
      targets: [{ runnerId: WOLF, local, logger }],
      timings: { backoffBaseMs: 20, backoffEarlyCapMs: 60, backoffCapMs: 60 },
      logger,
    });
    agent.start();
    await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected' }));
  });

  afterEach(async () => {
    agent.destroy();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    service.close();
    await replica.close();
    rmSync(folder, { recursive: true });
  });

  it('is heard, though the upload breaks', async () => {
    const heard = await Promise.all(
      Array.from({ length: TIMES }, async () => {
        const upload = Readable.from(Array.from({ length: 60 }, () => Buffer.alloc(64 * 1024, 'upload')));
        const answer = await replica.http
          .request(WOLF, { method: 'POST', path: '/upload', body: upload })
          .catch((error: unknown) => String(error));
        if (typeof answer === 'string') return answer;
        return `${String(answer.status)} ${String(await readBounded(answer.body, 1000).catch(String))}`;
      }),
    );
    expect(heard).toEqual(Array(TIMES).fill('413 too large'));
  });
});
