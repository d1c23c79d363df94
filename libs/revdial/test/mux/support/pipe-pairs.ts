import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { memoryPipePair } from '@helix/revdial/testing';
import type { BytePipe } from '@helix/revdial';
import { WebSocket, WebSocketServer } from 'ws';
import { SocketPipe } from './socket-pipe.js';
import { WebSocketPipe } from './websocket-pipe.js';

/** Two connected ends; the first is the one that called out. */
export type OpenPair = () => Promise<readonly [BytePipe, BytePipe]>;

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function openTcp(): Promise<readonly [BytePipe, BytePipe]> {
  const server = createServer();
  const port = await listen(server);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect(port, '127.0.0.1');
  const [other] = await accepted;
  server.close();
  return [new SocketPipe(socket), new SocketPipe(other)];
}

async function openTls(): Promise<readonly [BytePipe, BytePipe]> {
  const server = createTlsServer({ cert: fixture('test-server.pem'), key: fixture('test-server.key.pem') });
  const port = await listen(server);
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const socket = connectTls({ port, host: '127.0.0.1', ca: fixture('test-authority.pem') });
  const [other] = await accepted;
  server.close();
  return [new SocketPipe(socket), new SocketPipe(other)];
}

async function openWebSocket(): Promise<readonly [BytePipe, BytePipe]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`, { perMessageDeflate: false });
  const pipe = new WebSocketPipe(socket);
  const [other] = await accepted;
  const otherPipe = new WebSocketPipe(other);
  if (socket.readyState !== socket.OPEN) await once(socket, 'open');
  server.close();
  return [pipe, otherPipe];
}

export const PIPE_PAIRS: Readonly<Record<string, OpenPair>> = {
  memory: () => Promise.resolve(memoryPipePair()),
  'memory in pieces': () => Promise.resolve(memoryPipePair({ chunking: { seed: 7, maxBytes: 3000 } })),
  'memory in crumbs': () => Promise.resolve(memoryPipePair({ chunking: { seed: 11, maxBytes: 40 } })),
  TCP: openTcp,
  TLS: openTls,
  WebSocket: openWebSocket,
};
