import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '@helix/pacing/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { CARRIER_MESSAGE_MAX_BYTES } from '../../src/carrier/limits.js';
import { WebSocketCarrier } from '../../src/carrier/websocket-carrier.js';
import { CarrierPairs } from '../support/carrier-pairs.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

const KEY = Buffer.alloc(16).toString('base64');

async function listen(onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void) {
  const server = createServer();
  server.on('upgrade', (incoming, socket, head) => {
    onUpgrade(incoming, socket as Socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe('WebSocketCarrier and another implementation', () => {
  it('understand each other when the other one is the client', async () => {
    const receiver = new RecordingReceiver();
    let carrier: WebSocketCarrier | undefined;
    const server = await listen((incoming, socket, head) => {
      const accept = createHash('sha1')
        .update(`${incoming.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      carrier = new WebSocketCarrier(socket, 'server', head);
      carrier.start(receiver);
    });
    const client = new WebSocket(`ws://127.0.0.1:${String(server.port)}`, { maxPayload: CARRIER_MESSAGE_MAX_BYTES });
    const heard: Buffer[] = [];
    client.on('message', (message: Buffer) => heard.push(message));
    await once(client, 'open');
    const [question, answer] = [randomBytes(100_000), randomBytes(300_000)];
    client.send(question);
    client.ping('are you there');
    const [pong] = (await once(client, 'pong')) as [Buffer];
    expect(pong.toString()).toBe('are you there');
    await eventually(() => expect(receiver.bytes.equals(question)).toBe(true));
    carrier?.write([answer.subarray(0, 1), answer.subarray(1)]);
    await eventually(() => expect(Buffer.concat(heard).equals(answer)).toBe(true));
    carrier?.close('shutdown');
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1001);
    await eventually(() => expect(receiver.end).toMatchObject({ code: 'shutdown' }));
    await server.close();
  });

  it('understand each other when the other one is the server', async () => {
    const webSockets = new WebSocketServer({ noServer: true, maxPayload: CARRIER_MESSAGE_MAX_BYTES });
    const heard: Buffer[] = [];
    let closeCode: number | undefined;
    const greeting = randomBytes(70_000);
    const server = await listen((incoming, socket, head) => {
      webSockets.handleUpgrade(incoming, socket, head, (peer) => {
        peer.on('message', (message: Buffer) => heard.push(message));
        peer.on('close', (code) => (closeCode = code));
        peer.send(greeting);
      });
    });
    const asking = request({
      port: server.port,
      host: '127.0.0.1',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': KEY,
      },
    });
    asking.end();
    const [, socket, head] = (await once(asking, 'upgrade')) as [IncomingMessage, Socket, Buffer];
    const receiver = new RecordingReceiver();
    const carrier = new WebSocketCarrier(socket, 'client', head);
    carrier.start(receiver);
    await eventually(() => expect(receiver.bytes.equals(greeting)).toBe(true));
    const question = randomBytes(250_000);
    carrier.write([question.subarray(0, 100), question.subarray(100)]);
    await eventually(() => expect(Buffer.concat(heard).equals(question)).toBe(true));
    carrier.close('done');
    await eventually(() => expect(closeCode).toBe(1000));
    await eventually(() => expect(receiver.end).toMatchObject({ code: 'done', byPeer: false }));
    await server.close();
  });
});

describe('WebSocketCarrier', () => {
  let pairs: CarrierPairs;

  beforeAll(async () => {
    pairs = await CarrierPairs.open('tcp');
  });

  afterAll(async () => {
    await pairs.close();
  });

  it.each([
    ['server', 'a text frame', Buffer.from([0x81, 0x80, 0, 0, 0, 0]), 1003, 'a text frame'],
    ['server', 'a frame without a mask', Buffer.from([0x82, 0x01, 0x61]), 1002, 'without a mask'],
    ['client', 'a frame with a mask', Buffer.from([0x82, 0x81, 0, 0, 0, 0, 0x61]), 1002, 'with a mask'],
    ['client', 'a message that is too long', Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 2, 0, 1]), 1009, '131072 bytes'],
    ['client', 'compression that was not negotiated', Buffer.from([0xc2, 0x01, 0x61]), 1002, 'an extension'],
  ] as const)('as a %s ends at %s, and says so', async (role, _what, bytes, closeCode, reason) => {
    const [raw, socket] = await pairs.sockets();
    const receiver = new RecordingReceiver();
    new WebSocketCarrier(socket, role).start(receiver);
    const heard: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => heard.push(chunk));
    raw.on('error', () => undefined);
    raw.write(bytes);
    await eventually(() => expect(receiver.end).toMatchObject({ code: 'protocol-violation', byPeer: false }));
    // A client's frames have a key of zeros before their payload.
    const codeAt = role === 'client' ? 6 : 2;
    await eventually(() => expect(Buffer.concat(heard).readUInt16BE(codeAt)).toBe(closeCode));
    expect(Buffer.concat(heard).toString('latin1', codeAt + 2)).toContain(reason);
    expect(receiver.byteCount).toBe(0);
  });

  it('takes a message of 128 KiB in fragments, and ends at one byte more', async () => {
    const [raw, socket] = await pairs.sockets();
    const receiver = new RecordingReceiver();
    new WebSocketCarrier(socket, 'client').start(receiver);
    raw.on('error', () => undefined);
    const half = Buffer.alloc(64 * 1024);
    const fragment = (first: number, payload: Buffer): Buffer => {
      const header = Buffer.alloc(10);
      header.set([first, 127]);
      header.writeUInt32BE(payload.length, 6);
      return Buffer.concat([header, payload]);
    };
    raw.write(Buffer.concat([fragment(0x02, half), fragment(0x80, half), fragment(0x02, half), fragment(0x00, half)]));
    await eventually(() => expect(receiver.byteCount).toBe(256 * 1024));
    expect(receiver.end).toBeUndefined();
    raw.write(fragment(0x80, Buffer.alloc(1)));
    await eventually(() => expect(receiver.end).toMatchObject({ code: 'protocol-violation', byPeer: false }));
    expect(receiver.end?.cause).toMatchObject({ message: 'a message is longer than 131072 bytes' });
  });

  it('delivers what came behind the handshake before anything else', async () => {
    const [raw, socket] = await pairs.sockets();
    const receiver = new RecordingReceiver();
    const frame = (text: string): Buffer =>
      Buffer.concat([Buffer.from([0x82, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    const whole = Buffer.concat([frame('first '), frame('second')]);
    new WebSocketCarrier(socket, 'server', whole.subarray(0, 9)).start(receiver);
    raw.write(whole.subarray(9));
    await eventually(() => expect(receiver.text).toBe('first second'));
  });
});
