import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { runnerIdOf } from '@helix/revdial';
import { LocalDialer } from '@helix/revdial/testing';
import { WebSocketServer, type WebSocket } from 'ws';
import { createSessionId, DIALECT_POLICIES } from '../src/index.js';
import { LiveStream } from '../src/streams/live-stream.js';
import { openUpstream } from '../src/streams/upstream/open-upstream.js';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the host’s socket before its viewer has come', () => {
  let http: Server;
  let upstream: WebSocket;
  let host: Socket;

  beforeEach(async () => {
    http = createServer();
    const server = new WebSocketServer({ server: http, autoPong: false });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const dialer = new LocalDialer();
    dialer.set(runnerIdOf('moonlight', 'gpu-1'), { host: '127.0.0.1', port: (http.address() as AddressInfo).port });
    const reached = once(server, 'connection');
    const target = { wolfInstanceId: 'gpu-1', policy: DIALECT_POLICIES.helix, credentials: 'secret' };
    upstream = await openUpstream(dialer, target, new AbortController().signal);
    const [socket] = (await reached) as [WebSocket];
    socket.on('error', () => undefined);
    host = (socket as unknown as { _socket: Socket })._socket;
  });
  afterEach(() => {
    upstream.terminate();
    http.closeAllConnections();
    http.close();
  });

  it('ends by garbage without harm to others', async () => {
    const closed = new Promise((resolve) => upstream.once('close', resolve));
    host.write(Buffer.alloc(64, 0xff));
    await closed;
    expect(upstream.readyState).toBe(upstream.CLOSED);
  });

  it('is cut when it comes too late for a stream that has ended', async () => {
    const stream = new LiveStream({
      sessionId: createSessionId(),
      wolfInstanceId: 'gpu-1',
      viewer: {
        holder: { kind: 'user', userId: 'ann' },
        tab: '',
        role: 'control',
        expiresAt: undefined,
        reportsActivity: false,
      },
      dialect: 'helix',
      credentials: 'secret',
      hostId: 0,
      display: { width: 1920, height: 1080, refreshHz: 60 },
      iceServersOf: () => undefined,
      onConnected: () => undefined,
      onEnded: () => undefined,
      logger: SILENT,
    });
    stream.end('viewer-left');
    const closed = once(host, 'close');
    stream.connect(upstream, 1);
    await closed;
    await stream.released;
  });
});
