import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { webSocketAcceptance } from '../gateway/websocket-acceptance.js';
import { DATA_FRAME_OUT_MAX_BYTES, PONG_UNSENT_MAX_BYTES } from '../limits.js';
import { eventually } from '@helix/pacing/testing';
import { WebSocketByteStream } from './websocket-byte-stream.js';

interface Pair {
  readonly stream: WebSocketByteStream;
  readonly peer: WebSocket;
  readonly transport: Socket;
  /** The peer's own socket. */
  readonly tcp: Socket;
}

describe('WebSocketByteStream', () => {
  let server: Server;
  const peers: WebSocket[] = [];

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function connect(highWaterMarkBytes?: number, options: ClientOptions = {}): Promise<Pair> {
    const accepted = new Promise<Omit<Pair, 'peer' | 'tcp'>>((resolve) => {
      server.once('upgrade', (request, socket, head) => {
        const transport = socket as Socket;
        const sized = highWaterMarkBytes === undefined ? {} : { highWaterMarkBytes };
        transport.write(webSocketAcceptance(request) ?? '');
        resolve({ transport, stream: new WebSocketByteStream(transport, { earlyBytes: head, ...sized }) });
      });
    });
    const { port } = server.address() as AddressInfo;
    const tcp = connectTcp(port, '127.0.0.1');
    const peer = new WebSocket('ws://runner', { perMessageDeflate: false, createConnection: () => tcp, ...options });
    peers.push(peer);
    peer.on('error', () => undefined);
    await once(peer, 'open');
    return { peer, tcp, ...(await accepted) };
  }

  it('carries bytes both ways, whatever the frames', async () => {
    const { stream, peer } = await connect();
    const sent = randomBytes(700_000);
    for (let at = 0; at < sent.length; at += 33_333) peer.send(sent.subarray(at, at + 33_333));
    peer.send(Buffer.alloc(0));
    peer.close();
    const received = await buffer(stream);
    expect(createHash('sha256').update(received).digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(stream.bytesRead).toBe(sent.length);
    await eventually(() => {
      expect(stream.destroyed).toBe(true);
    });
  });

  it('sends strings and buffers of one turn in order and as binary frames', async () => {
    const { stream, peer } = await connect();
    const frames: [Buffer, boolean][] = [];
    peer.on('message', (bytes: Buffer, isBinary) => frames.push([bytes, isBinary]));
    stream.cork();
    stream.write('caf\u00e9', 'latin1');
    stream.write(Buffer.from([1, 2, 3]));
    stream.uncork();
    stream.end();
    stream.resume();
    await once(peer, 'close');
    expect(frames.every(([, isBinary]) => isBinary)).toBe(true);
    expect(Buffer.concat(frames.map(([bytes]) => bytes))).toEqual(Buffer.from([0x63, 0x61, 0x66, 0xe9, 1, 2, 3]));
    expect(stream.bytesWritten).toBe(7);
  });

  it('ends for both when either side ends, and delivers what was under way', async () => {
    const { stream, peer } = await connect();
    peer.on('close', () => undefined);
    const received = buffer(stream);
    peer.send('late', { binary: true });
    stream.end('bye');
    expect((await received).toString()).toBe('late');
    await eventually(() => {
      expect(peer.readyState).toBe(WebSocket.CLOSED);
      expect(stream.destroyed).toBe(true);
    });
  });

  it('a socket closed without a close frame: an end, as the Go clients do it', async () => {
    const { stream, peer, tcp } = await connect();
    peer.send(Buffer.from('last words'), () => tcp.end());
    expect((await buffer(stream)).toString()).toBe('last words');
  });

  it.each([
    ['LINK_LOST', 'some bytes'],
    ['SERVICE_DOWN', ''],
  ])('reports a reset as %s after %j', async (code, sent) => {
    const { stream, peer, tcp } = await connect();
    stream.resume();
    const failed = once(stream, 'error');
    if (sent !== '') {
      peer.send(Buffer.from(sent));
      await once(stream, 'data');
    }
    tcp.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code });
  });

  it('refuses a text frame', async () => {
    const { stream, peer } = await connect();
    const failed = once(stream, 'error');
    const closed = once(peer, 'close');
    peer.send('text');
    expect((await failed)[0]).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    expect((await closed)[0]).toBe(1003);
  });

  it('stops reading while its reader is paused, and goes on afterwards', async () => {
    const { stream, peer, transport } = await connect(16_384);
    const sent = randomBytes(8 * 1024 * 1024);
    for (let at = 0; at < sent.length; at += 65_536) peer.send(sent.subarray(at, at + 65_536));
    peer.close();
    await eventually(() => {
      expect(transport.isPaused()).toBe(true);
    });
    const before = stream.bytesRead;
    expect(before).toBeLessThan(sent.length / 2);
    expect((await buffer(stream)).equals(sent)).toBe(true);
  });

  it('makes a writer wait for a peer that does not read', async () => {
    const { stream, peer } = await connect(16_384);
    peer.pause();
    let written = 0;
    while (stream.write(Buffer.alloc(65_536)) && written < 1000) written += 1;
    expect(stream.writableNeedDrain).toBe(true);
    const drained = once(stream, 'drain');
    peer.resume();
    await drained;
    stream.destroy();
  });

  it('fails a write after the peer has gone, once what came has been read', async () => {
    const { stream, peer, transport } = await connect();
    peer.send(Buffer.from('last words'));
    await eventually(() => expect(stream.readableLength).toBe(10));
    transport.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
    await new Promise((resolve) => stream.write('dropped', resolve));
    const failed = once(stream, 'error');
    expect(String(stream.read())).toBe('last words');
    expect((await failed)[0]).toMatchObject({ code: 'LINK_LOST' });
    expect(stream.readableEnded).toBe(false);
  });

  it('splits a large write into frames that a peer can hold, bytes unchanged', async () => {
    const { stream, peer } = await connect();
    const frames: Buffer[] = [];
    peer.on('message', (bytes: Buffer) => frames.push(bytes));
    const sent = randomBytes(1_000_000);
    const closed = once(peer, 'close');
    stream.resume();
    stream.end(sent);
    expect((await closed)[0]).toBe(1000);
    expect(Math.max(...frames.map(({ length }) => length))).toBe(DATA_FRAME_OUT_MAX_BYTES);
    expect(Buffer.concat(frames).equals(sent)).toBe(true);
  });

  it('answers pings between the frames of a message', async () => {
    const { stream, peer } = await connect();
    const received = once(stream, 'data');
    const answered = once(peer, 'pong');
    peer.send(Buffer.from('a'), { fin: false, binary: true });
    peer.ping('are you there');
    expect(((await answered)[0] as Buffer).toString()).toBe('are you there');
    peer.send(Buffer.from('b'), { fin: true, binary: true });
    expect(((await received)[0] as Buffer).toString()).toBe('a');
    stream.destroy();
  });

  it('does not let pongs pile up for a peer that sends pings and reads nothing', async () => {
    const { stream, peer, transport, tcp } = await connect();
    stream.resume();
    tcp.pause();
    let sentCount = 0;
    while (sentCount < 200_000) {
      await new Promise((resolve) => peer.ping(Buffer.alloc(125), true, resolve));
      sentCount += 1;
      if (sentCount % 1000 === 0 && transport.writableLength > PONG_UNSENT_MAX_BYTES) break;
    }
    for (let n = 0; n < 5_000; n += 1) await new Promise((resolve) => peer.ping(Buffer.alloc(125), true, resolve));
    expect(transport.writableLength).toBeLessThan(PONG_UNSENT_MAX_BYTES + 1_000);
    stream.destroy();
  });

  it.each([1000, 1001, undefined])('takes the close code %p for an end', async (code) => {
    const { stream, peer } = await connect();
    peer.send(Buffer.from('whole'));
    peer.close(code);
    expect((await buffer(stream)).toString()).toBe('whole');
  });

  it.each([
    ['UPSTREAM_INVALID', 'half'],
    ['SERVICE_DOWN', ''],
  ])('reports the close code 1011 as %s after %j, and never as an end', async (code, sent) => {
    const { stream, peer } = await connect();
    const ends: string[] = [];
    stream.on('end', () => ends.push('end')).resume();
    const failed = once(stream, 'error');
    if (sent !== '') peer.send(Buffer.from(sent));
    peer.close(1011);
    expect((await failed)[0]).toMatchObject({ code });
    expect(ends).toEqual([]);
  });

  it('closes a peer that breaks the rules of frames with the code for it', async () => {
    const { stream, peer, tcp } = await connect();
    const failed = once(stream, 'error');
    const closed = once(peer, 'close');
    tcp.write(Buffer.from([0x82, 0x01, 0x00]));
    expect((await failed)[0]).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    expect((await closed)[0]).toBe(1002);
  });

  it('closes the peer when it is destroyed', async () => {
    const { stream, peer } = await connect();
    const closed = once(peer, 'close');
    stream.destroy();
    expect((await closed)[0]).toBe(1000);
    expect(stream.destroyed).toBe(true);
  });
});
