import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { LinkRelay } from './link-relay.js';

describe('a link relay', () => {
  let echo: Server;
  let relay: LinkRelay;
  let port: number;
  const sockets = new Set<Socket>();

  const open = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.add(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const ask = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text);
    return String((await once(socket, 'data'))[0]);
  };

  beforeEach(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    relay = new LinkRelay('127.0.0.1', (echo.address() as AddressInfo).port);
    port = await relay.listen();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await relay.close();
    await new Promise((resolve) => echo.close(resolve));
  });

  it('carries bytes both ways, megabytes of them, and the end of one direction', async () => {
    const socket = await open();
    const sent = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => (index * 7) % 251));
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.end(sent);
    await once(socket, 'end');
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    await once(socket, 'close');
  });

  it('cuts every connection for real and takes new ones', async () => {
    const [one, two] = [await open(), await open()];
    await ask(one, 'hello');
    await ask(two, 'hello');
    const closed = Promise.all([once(one, 'end'), once(two, 'end')]);
    expect(relay.cut()).toBe(2);
    await closed;
    expect(relay.connectionCount).toBe(0);
    expect(await ask(await open(), 'again')).toBe('again');
  });

  it('keeps a stalled connection standing, passes nothing, and goes on where it was', async () => {
    const socket = await open();
    await ask(socket, 'before');
    relay.setState('stalled');
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    socket.write('during');
    // That nothing arrives can only be seen by waiting for it.
    await delay(100);
    expect(heard).toBe('');
    expect(socket.destroyed).toBe(false);
    relay.setState('passing');
    await once(socket, 'data');
    expect(heard).toBe('during');
  });

  it('cuts new connections at once while it refuses', async () => {
    relay.setState('refusing');
    const socket = await open();
    socket.resume();
    await once(socket, 'end');
    expect(relay.connectionCount).toBe(0);
  });

  it('delays bytes by what it was told, in order', async () => {
    relay.setDelay(100);
    const socket = await open();
    const startedAt = performance.now();
    socket.write('one ');
    socket.write('two');
    let heard = '';
    while (heard !== 'one two') heard += String((await once(socket, 'data'))[0]);
    expect(performance.now() - startedAt).toBeGreaterThan(190);
  });

  it('closes the connection when its target refuses', async () => {
    const deadRelay = new LinkRelay('127.0.0.1', 1);
    port = await deadRelay.listen();
    const socket = await open();
    socket.resume();
    await once(socket, 'end');
    await deadRelay.close();
  });
});
