import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { LocalDialer } from '@helix/revdial/testing';
import { runnerIdOf } from '@helix/revdial';
import { WebSocket, WebSocketServer } from 'ws';
import { DIALECT_POLICIES, type MoonlightDialect } from '../../src/index.js';
import { LIMITS } from '../../src/limits.js';
import { StreamRelay, type StreamRelayParts } from '../../src/streams/relay/stream-relay.js';
import type { StreamEndCause } from '../../src/streams/relay/stream-close.js';
import { openUpstream } from '../../src/streams/upstream/open-upstream.js';

const IDENTITY = {
  credentials: 'secret',
  upstreamSessionId: 'fresh',
  clientUniqueId: 'viewer',
  hostId: 0,
  appId: 1,
  display: { width: 1920, height: 1080, refreshHz: 60 },
};

/** One WebSocket as both of its ends see it, and what came to each. */
export interface SocketEnd {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly texts: string[];
  readonly binaries: Buffer[];
  /** Ping, pong and close frames, as `ping`, `pong` and `close <code>`. */
  readonly controls: string[];
}

/** A relay between a real browser's end and a real host's end, with no tunnel between. */
export class JoinedSockets {
  readonly causes: StreamEndCause[] = [];
  brokenCount = 0;
  connectedCount = 0;
  readonly #servers: Server[] = [];
  readonly #sockets: WebSocket[] = [];

  private constructor(
    readonly relay: StreamRelay,
    /** The page's own end. */
    readonly page: SocketEnd,
    /** The host's own end. */
    readonly host: SocketEnd,
    /** The upgrade as the host got it. */
    readonly asked: IncomingMessage,
  ) {}

  static async open(dialect: MoonlightDialect = 'helix', mayControl = true, isMute = false): Promise<JoinedSockets> {
    const policy = DIALECT_POLICIES[dialect];
    const browserSide = await listen({ autoPong: true });
    const hostSide = await listen({ autoPong: false });
    const accepted = once(browserSide.server, 'connection');
    const page = endOf(new WebSocket(`ws://127.0.0.1:${String(browserSide.port)}/`, { autoPong: false }));
    const [browser] = (await accepted) as [WebSocket];
    const dialer = new LocalDialer();
    dialer.set(runnerIdOf('moonlight', 'gpu-1'), { host: '127.0.0.1', port: hostSide.port });
    const reached = once(hostSide.server, 'connection');
    const target = { wolfInstanceId: 'gpu-1', policy, credentials: 'secret' };
    const upstream = await openUpstream(dialer, target, new AbortController().signal);
    const [hostSocket, asked] = (await reached) as [WebSocket, IncomingMessage];
    const host = endOf(hostSocket, isMute);
    const holder: { joined?: JoinedSockets } = {};
    const parts: StreamRelayParts = {
      browser,
      upstream,
      policy,
      mayControl,
      display: IDENTITY.display,
      buildFirstMessage: (text) => policy.buildFirstMessage(text, IDENTITY),
      rewriteIce: (text) => text.replace('static', 'short-lived'),
      onInit: () => undefined,
      onConnected: () => {
        if (holder.joined !== undefined) holder.joined.connectedCount += 1;
      },
      onHostBroken: () => {
        if (holder.joined !== undefined) holder.joined.brokenCount += 1;
      },
      onEnd: (cause) => holder.joined?.causes.push(cause),
    };
    const joined = new JoinedSockets(new StreamRelay(parts), page, host, asked);
    holder.joined = joined;
    joined.#servers.push(browserSide.http, hostSide.http);
    joined.#sockets.push(page.socket, browser, upstream, hostSocket);
    joined.relay.start();
    return joined;
  }

  /** Sends a first message that is good in the dialect. */
  init(variant = 'AuthenticateAndInit'): void {
    this.page.socket.send(JSON.stringify({ [variant]: { width: 1280 } }));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await Promise.all(
      this.#servers.map(async (server) => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }),
    );
  }
}

async function listen({ autoPong }: { readonly autoPong: boolean }) {
  const http = createServer();
  const server = new WebSocketServer({
    server: http,
    autoPong,
    perMessageDeflate: false,
    maxPayload: LIMITS.streamMessageMaxBytes,
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, server, port: (http.address() as AddressInfo).port };
}

/** `isMute`: a close frame is taken note of and never answered, as Moonlight Web does. */
function endOf(socket: WebSocket, isMute = false): SocketEnd {
  const end: SocketEnd = {
    socket,
    get raw() {
      return (socket as unknown as { _socket: Socket })._socket;
    },
    texts: [],
    binaries: [],
    controls: [],
  };
  socket.on('message', (message: Buffer, isBinary: boolean) => {
    if (isBinary) end.binaries.push(message);
    else end.texts.push(message.toString());
  });
  socket.on('ping', () => end.controls.push('ping'));
  socket.on('pong', () => end.controls.push('pong'));
  socket.on('error', () => undefined);
  socket.on('close', (code) => end.controls.push(`close ${String(code)}`));
  if (isMute) {
    const receiver = (socket as unknown as { _receiver: NodeJS.EventEmitter })._receiver;
    receiver.removeAllListeners('conclude');
    receiver.on('conclude', (code: number) => end.controls.push(`mute close ${String(code)}`));
  }
  return end;
}
