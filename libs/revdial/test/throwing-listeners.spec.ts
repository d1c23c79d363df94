import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { attachRevDialGateway, Multiplexer, onDefect, readBounded, RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import type { Defect, MuxStream, RevDialGateway } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { SocketCarrier } from '../src/carrier/socket-carrier.js';
import { WebSocketCarrier } from '../src/carrier/websocket-carrier.js';
import { HttpSocket } from '../src/http/http-socket.js';
import { ControlChannel } from '../src/links/control-channel.js';
import type { ControlTransport, ControlTransportEvents } from '../src/links/control-transport.js';
import { ProcessClock } from '../src/resumable/link-clock.js';
import { DATA, FIN, RST, SYN, WINDOW_UPDATE, frame } from './mux/support/frames.js';
import { ScriptedPipe, turn } from './mux/support/scripted-pipe.js';
import { BYTE_SOURCES } from './order/byte-sources.js';
import { LinkRig } from './support/link-rig.js';
import { RecordingReceiver } from './support/recording-receiver.js';

const DEFECT = new Error('a defect of a listener');
const fail = (): never => {
  throw DEFECT;
};

let defects: Defect[];
let stopWatching: () => void;

beforeEach(() => {
  defects = [];
  stopWatching = onDefect((defect) => defects.push(defect));
});

afterEach(() => {
  stopWatching();
});

/** Whatever it fails with. */
function closing(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await accepted;
  server.close();
  for (const socket of [near, far]) socket.on('error', () => undefined);
  return [near, far];
}

const EVENTS = ['data', 'readable', 'end', 'error', 'close'] as const;
const STREAMS = Object.keys(BYTE_SOURCES).flatMap((source) => EVENTS.map((event) => ({ source, event })));

describe('a listener of a stream that throws', () => {
  it.each(STREAMS)("ends that stream and no more: '$event' of $source", async ({ source, event }) => {
    const from = await BYTE_SOURCES[source]!(1);
    const { stream } = from;
    const closed = closing(stream);
    if (event !== 'readable') stream.resume();
    if (event !== 'error') stream.on('error', () => undefined);
    stream.on(event, fail);
    from.deliver(Buffer.from('bytes'));
    if (event === 'error') from.reset();
    else from.fin(Buffer.alloc(0));
    if (event === 'end' || event === 'close') stream.end();
    await closed;
    await eventually(() => expect(defects.at(-1)?.error).toBe(DEFECT));
    from.close();
  });

  it('leaves the neighbours on the same link as they are', async () => {
    const pipe = new ScriptedPipe();
    const accepted: MuxStream[] = [];
    const mux = new Multiplexer(pipe, { role: 'server', onStream: (stream) => accepted.push(stream) });
    pipe.receive(frame(DATA, SYN, 1, 'one'), frame(DATA, SYN, 3, 'three'));
    accepted[0]!.on('data', fail);
    const read = readBounded(accepted[1]!, 100);
    await turn();
    pipe.receive(frame(DATA, 0, 1, 'more'), frame(DATA, FIN, 3, ' and the end'));
    expect(String(await read)).toBe('three and the end');
    expect(mux.stats.streamsOpen).toBe(1);
    expect(pipe.end).toBeUndefined();
  });

  it('a throwing write callback or end owner is no fault of the link', async () => {
    const pipe = new ScriptedPipe();
    const accepted: MuxStream[] = [];
    const mux = new Multiplexer(pipe, {
      role: 'server',
      onStream: (stream) => accepted.push(stream.on('error', () => undefined)),
      onClosed: fail,
    });
    pipe.writableBytes = 20;
    pipe.receive(frame(DATA, SYN, 1, 'one'), frame(DATA, SYN, 3, 'three'));
    const [one, three] = accepted;
    one!.write(Buffer.alloc(100), fail);
    const written = new Promise((resolve) => three!.write('answer', resolve));
    await turn();
    pipe.allow(1000);
    await written;
    expect(one!.destroyed).toBe(true);
    mux.destroy('revoked');
    expect((await mux.closed).code).toBe('revoked');
    expect(defects.map(({ error }) => error)).toEqual([DEFECT, DEFECT]);
  });

  it('costs an answer and not the others of the pool', async () => {
    const server = createServer((request, response) => response.end(request.url));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = new RunnerHttpPool({ dial: () => Promise.resolve(connect(port, '127.0.0.1')) });
    const ask = (path: string) => pool.request(runnerIdOf('wolf', '1'), { method: 'GET', path });
    const { body } = await ask('/first');
    body.on('data', fail);
    await closing(body);
    expect(body.errored).toMatchObject({ code: 'DIAL_ABORTED', cause: DEFECT });
    expect(String(await readBounded((await ask('/second')).body, 100))).toBe('/second');
    pool.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('costs the stream when it is the HTTP client', async () => {
    const stream = new PassThrough();
    const socket = new HttpSocket(stream);
    socket.open();
    socket.on('readable', fail);
    stream.write('HTTP');
    await closing(stream);
    expect(stream.errored).toMatchObject({ code: 'UPSTREAM_INVALID', cause: DEFECT });
  });
});

describe.each(['raw', 'websocket'] as const)('a reader of a %s carrier that throws', (kind) => {
  it('ends that carrier, as a defect of ours', async () => {
    const [near, far] = await socketPair();
    const carrierOf = (socket: Socket, role: 'client' | 'server'): SocketCarrier =>
      kind === 'raw' ? new SocketCarrier(socket) : new WebSocketCarrier(socket, role);
    const [reader, writer] = [carrierOf(near, 'server'), carrierOf(far, 'client')];
    const receiver = new RecordingReceiver();
    receiver.onEach = fail;
    const other = new RecordingReceiver();
    reader.start(receiver);
    writer.start(other);
    writer.write([Buffer.from('bytes')]);
    await eventually(() => expect(receiver.ends).toMatchObject([{ code: 'internal', cause: DEFECT }]));
    await eventually(() => expect(other.ends).toHaveLength(1));
    expect(defects).toMatchObject([{ where: 'the receiver of a carrier', error: DEFECT }]);
  });
});

it('a throwing reader costs the connection; the link goes on over the next', async () => {
  const rig = new LinkRig({
    pair: async () => {
      const [near, far] = await socketPair();
      return { near: new SocketCarrier(near), far: new SocketCarrier(far) };
    },
  } as unknown as ConstructorParameters<typeof LinkRig>[0]);
  rig.reconnects = true;
  const receiver = new RecordingReceiver();
  let failures = 1;
  receiver.onEach = () => {
    if (failures-- > 0) fail();
  };
  await rig.connect();
  rig.agent.start(new RecordingReceiver());
  rig.server.start(receiver);
  rig.agent.write([Buffer.from('one ')]);
  await eventually(() => expect(rig.lost.length).toBeGreaterThan(0));
  rig.agent.write([Buffer.from('two')]);
  await eventually(() => expect(receiver.text).toBe('one two'));
  rig.close();
});

it('a listener to control lines that throws ends that control connection', () => {
  let events: ControlTransportEvents | undefined;
  const transport = {
    kind: 'hijack',
    remoteAddress: '',
    hasPings: false,
    unsentByteCount: 0,
    start: (given: ControlTransportEvents) => (events = given),
    send: () => undefined,
    ping: () => undefined,
    close: () => undefined,
    destroy: () => undefined,
  } as unknown as ControlTransport;
  const ends: string[] = [];
  new ControlChannel(transport).start({
    onReady: () => undefined,
    onMessage: fail,
    onSeen: () => undefined,
    onTurn: () => undefined,
    onEnd: (reason) => ends.push(reason),
  });
  events?.onBytes(Buffer.from('{"command":"keep-alive"}\n'));
  expect(ends).toEqual(['protocol-violation']);
  expect(defects).toMatchObject([{ where: 'a listener to control lines', error: DEFECT }]);
});

it('a link whose turn throws takes no other of its turn', async () => {
  const clock = new ProcessClock();
  let turnCount = 0;
  const failing = { onTurn: fail, onAckDue: fail };
  const other = { onTurn: () => (turnCount += 1), onAckDue: () => (turnCount += 1) };
  for (const link of [failing, other]) {
    clock.watch(link);
    clock.acknowledgeLater(link);
  }
  await eventually(() => expect(turnCount).toBeGreaterThan(1));
  for (const link of [failing, other]) clock.unwatch(link);
});

it('a request that makes the gateway throw costs its own connection', async () => {
  const server = createServer((_request, response) => response.end('served'));
  const gateway = {
    handleRequest: ({ url }: { url?: string }) => (url === '/bad' ? fail() : false),
    handleUpgrade: fail,
  };
  attachRevDialGateway(server, gateway as unknown as RevDialGateway);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const head of ['GET /bad HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${head}Host: x\r\n\r\n`);
    expect(String(await readBounded(socket, 100))).toBe('');
  }
  expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toBe('served');
  expect(defects.map(({ error }) => error)).toEqual([DEFECT, DEFECT]);
  server.closeAllConnections();
  server.close();
});

it('a reset without a listener is no uncaught error', async () => {
  const pipe = new ScriptedPipe();
  let accepted: MuxStream | undefined;
  new Multiplexer(pipe, { role: 'server', onStream: (stream) => (accepted = stream) });
  pipe.receive(frame(DATA, SYN, 1, 'one'), frame(WINDOW_UPDATE, RST, 1, 1));
  await closing(accepted!);
  expect(accepted!.errored).toMatchObject({ code: 'cancelled' });
  expect(defects).toEqual([]);
});
