import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callGuarded, reportDefect } from '../defect.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { TCP_KEEP_ALIVE_DELAY_MS } from '../limits.js';
import { ControlChannel } from '../links/control-channel.js';
import type { ControlTransport } from '../links/control-transport.js';
import { DialBackLink } from '../links/dial-back-link.js';
import { HijackTransport } from '../links/hijack-transport.js';
import { WebSocketTransport } from '../links/websocket-transport.js';
import { RevDialCounters } from '../revdial-counters.js';
import { SILENT_LOGGER } from '../revdial-logger.js';
import type { RevDialLogger } from '../revdial-logger.js';
import { verifyLimits } from '../verify-limits.js';
import { WebSocketByteStream } from '../wire/websocket-byte-stream.js';
import { Admission } from './admission.js';
import type { Admitted } from './admission.js';
import { detachFromHttp } from './detach-from-http.js';
import { MultiplexedDoor } from './multiplexed-door.js';
import type { MultiplexedTotals } from './multiplexed-totals.js';
import type { RevDialGatewayOptions } from './revdial-gateway-options.js';
import { REFUSALS, refuseResponse, refuseSocket } from './refusal.js';
import type { Refusal } from './refusal.js';
import type { RunnerAuthorizer } from './runner-authorizer.js';
import { isHijack, REVDIAL_PROTOCOL, tunnelRequestOf } from './tunnel-request.js';
import type { TunnelRequest } from './tunnel-request.js';
import { ViolationLog } from './violation-log.js';
import { WaitingSocket } from './waiting-socket.js';
import { controlWebSocketServer, webSocketAcceptance } from './websocket-acceptance.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * Where runners come in: the endpoint `/api/v1/revdial`, and `/revdial` for legacy clients, on any Node HTTP server
 * (`attachRevDialGateway`). Lets peers in or refuses them before any upgrade, makes links of their control connections for
 * the connection manager, and brings their data connections to the dials that asked for them.
 */
export class RevDialGateway {
  readonly counters: RevDialCounters;
  readonly #connections: ConnectionManager;
  readonly #options: RevDialGatewayOptions;
  readonly #logger: RevDialLogger;
  readonly #admission: Admission;
  readonly #links = new Map<string, DialBackLink>();
  /** Sockets of hijacks, from their request on: nothing that comes behind it in the same read has an owner. */
  readonly #hijacked = new WeakSet<Socket>();
  readonly #multiplexed: MultiplexedDoor;
  readonly #violations: ViolationLog;
  readonly #controlWebSockets = controlWebSocketServer();

  /** @throws RangeError when options contradict each other, such as a hold time above the grace */
  constructor(connections: ConnectionManager, authorizer: RunnerAuthorizer, options: RevDialGatewayOptions = {}) {
    const { graceMs } = connections;
    verifyLimits({ graceMs, holdMs: options.holdMs ?? graceMs, ...options.resumableTimings, ...options.muxLimits });
    this.#connections = connections;
    this.#options = options;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.counters = options.counters ?? new RevDialCounters();
    this.#violations = new ViolationLog(this.#logger);
    this.#multiplexed = new MultiplexedDoor(connections, { ...options, counters: this.counters }, this.#violations);
    this.#admission = new Admission(authorizer, connections, this.#logger, {
      ...options,
      isLinkKnown: (linkId) => this.#multiplexed.knows(linkId),
    });
  }

  /** Of all links of generation 3, for `/metrics`. */
  multiplexedTotals(): MultiplexedTotals {
    return this.#multiplexed.totals();
  }

  /**
   * Takes a plain request if it is for the tunnel; generation 1's control connections arrive like this. `false`: it is
   * not, and the host server goes on.
   */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#hijacked.has(request.socket)) {
      // Node must never see an answer to it finish: it would look for the answer to the first one and throw.
      request.socket.destroy();
      return true;
    }
    const asked = tunnelRequestOf(request);
    if (asked === undefined) return false;
    if (request.method !== 'GET') {
      this.#countRefusal(REFUSALS.methodNotAllowed);
      refuseResponse(response, REFUSALS.methodNotAllowed);
    } else if (isTooOld(request) && request.headers.connection?.toLowerCase().includes('upgrade') === true) {
      this.#logRefusal(request, asked, REFUSALS.httpTooOld);
      refuseResponse(response, REFUSALS.httpTooOld);
    } else if (isHijack(request, response) && asked.purpose === 'control') {
      this.#hijacked.add(request.socket);
      // Not before the parser is through with this read: to some requests (no Host, a strange Expect) Node answers itself,
      // and would throw when it finds the socket without the answer to the first one.
      setImmediate(() => {
        callGuarded('the gateway at a request', () => {
          this.#hijack(request, response, asked);
        });
      });
    } else {
      this.#answerPlain(request, response, asked).catch((error: unknown) => {
        reportDefect('the gateway at a request', error);
        request.socket.destroy();
      });
    }
    return true;
  }

  /** Takes an upgrade if it is for the tunnel. `false`: it is not, and the socket is untouched. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    if (this.#hijacked.has(request.socket)) {
      request.socket.destroy();
      return true;
    }
    const asked = tunnelRequestOf(request);
    if (asked === undefined) return false;
    // Node types it as Duplex for the sake of custom servers; behind an HTTP(S) server it is a net.Socket.
    const socket = stream as Socket;
    const waiting = new WaitingSocket(socket, head);
    const refusal = upgradeRefusalOf(request, asked);
    if (refusal !== undefined) {
      this.#refuse(waiting, request, asked, refusal);
      return true;
    }
    void this.#admit(waiting, request, asked, (admitted) => {
      if (asked.carrier !== undefined) {
        const refusal = this.#multiplexed.accept(waiting, request, asked.carrier, admitted);
        if (refusal !== undefined) this.#refuse(waiting, request, asked, refusal);
      } else if (asked.purpose === 'control') this.#acceptControl(waiting, request, admitted);
      else this.#acceptData(waiting, request, asked, admitted);
    });
    return true;
  }

  #hijack(request: IncomingMessage, response: ServerResponse, asked: TunnelRequest): void {
    const socket = detachFromHttp(request, response);
    if (socket === undefined) return;
    const waiting = new WaitingSocket(socket, NO_BYTES);
    void this.#admit(waiting, request, asked, (admitted) => {
      const earlyBytes = waiting.release();
      this.#openLink(admitted, socket, () => new HijackTransport(socket, earlyBytes, this.#options));
    });
  }

  async #admit(
    waiting: WaitingSocket,
    request: IncomingMessage,
    asked: TunnelRequest,
    accept: (admitted: Admitted) => void,
  ): Promise<void> {
    try {
      const outcome = await this.#admission.decide(request, asked, waiting.signal);
      if (outcome === 'left' || waiting.signal.aborted)
        this.#logger.debug({ runnerId: asked.runnerId }, 'a peer left before it was let in');
      else if ('refusal' in outcome) this.#refuse(waiting, request, asked, outcome.refusal);
      else accept(outcome);
    } catch (error) {
      this.#logger.error({ err: error }, 'could not take a connection of a runner');
      waiting.socket.destroy();
    }
  }

  #acceptControl(waiting: WaitingSocket, request: IncomingMessage, admitted: Admitted): void {
    const { socket } = waiting;
    this.#controlWebSockets.handleUpgrade(request, socket, waiting.release(), (webSocket) => {
      this.#openLink(admitted, socket, () => new WebSocketTransport(webSocket, socket, this.#options));
    });
  }

  #openLink(admitted: Admitted, socket: Socket, transportOf: () => ControlTransport): void {
    const { principal } = admitted;
    const [runner] = admitted.runners;
    // Decided by the admission; nothing has been awaited since, so the way is still free.
    if (runner === undefined || this.#connections.findObstacle(runner.id, principal.name) !== undefined) {
      socket.destroy();
      return;
    }
    const transport = transportOf();
    const link = new DialBackLink(
      runner.id,
      principal.name,
      new ControlChannel(transport, this.#options),
      this.#options,
    );
    this.#links.set(link.dialerId, link);
    this.counters.linksOpened[transport.kind] += 1;
    link.start();
    const { generation } = this.#connections.register(link);
    const fields = {
      runnerId: runner.id,
      transport: transport.kind,
      remoteAddress: transport.remoteAddress,
      generation,
    };
    this.#logger.info(fields, 'runner connected');
    void link.closed.then((end) => {
      this.#links.delete(link.dialerId);
      this.counters.count(this.counters.linksEnded, end.reason);
      if (end.reason === 'protocol-violation')
        this.#violations.note([runner.id], end.cause instanceof Error ? end.cause.message : 'unknown');
      this.#logger.info({ ...fields, reason: end.reason, err: end.cause }, 'link of a runner ended');
    });
  }

  #acceptData(waiting: WaitingSocket, request: IncomingMessage, asked: TunnelRequest, admitted: Admitted): void {
    const link = asked.dialerId === undefined ? undefined : this.#links.get(asked.dialerId);
    if (link === undefined) {
      this.#refuse(waiting, request, asked, REFUSALS.unknownDialer);
    } else if (link.principal !== admitted.principal.name) {
      // The dial goes on waiting for its own runner.
      this.#refuse(waiting, request, asked, REFUSALS.foreignDialer);
    } else if (asked.dialId === undefined || !link.awaits(asked.dialId)) {
      link.noteLatePickUp();
      // Without its id it might be the late answer to a dial that was given up, so it is refused.
      this.#refuse(waiting, request, asked, REFUSALS.unknownDial);
    } else {
      const acceptance = webSocketAcceptance(request);
      if (acceptance === undefined) this.#refuse(waiting, request, asked, REFUSALS.invalidUpgrade);
      else this.#pickUp(link, asked.dialId, waiting, acceptance);
    }
  }

  /** Its frames are ours to read and not a WebSocket library's: pictures pass here (docs/performance.md). */
  #pickUp(link: DialBackLink, dialId: string, waiting: WaitingSocket, acceptance: string): void {
    const { socket } = waiting;
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
    const stream = new WebSocketByteStream(socket, { earlyBytes: waiting.release() });
    socket.write(acceptance);
    if (!link.pickUp(dialId, stream)) stream.destroy();
  }

  /** A GET that cannot become a connection: says why it would be refused, or else that an upgrade is needed. */
  async #answerPlain(request: IncomingMessage, response: ServerResponse, asked: TunnelRequest): Promise<void> {
    const left = new AbortController();
    response.once('close', () => {
      left.abort();
    });
    const outcome = await this.#admission.decide(request, asked, left.signal, false);
    if (outcome === 'left') return;
    const refusal = 'refusal' in outcome ? outcome.refusal : REFUSALS.upgradeRequired;
    this.#logRefusal(request, asked, refusal);
    refuseResponse(response, refusal);
  }

  #refuse(waiting: WaitingSocket, request: IncomingMessage, asked: TunnelRequest, refusal: Refusal): void {
    this.#logRefusal(request, asked, refusal);
    const { socket } = waiting;
    waiting.release();
    refuseSocket(socket, refusal);
  }

  #logRefusal(request: IncomingMessage, asked: TunnelRequest, refusal: Refusal): void {
    this.#countRefusal(refusal);
    this.#logger.info(
      {
        status: refusal.status,
        purpose: asked.purpose,
        runnerId: asked.runnerId?.slice(0, 80),
        remoteAddress: request.socket.remoteAddress,
      },
      'refused a connection of a runner',
    );
  }

  #countRefusal(refusal: Refusal): void {
    this.counters.count(this.counters.refusals, refusal.status);
  }
}

/** Why no upgrade can come of it, for any peer. */
function upgradeRefusalOf(request: IncomingMessage, { carrier }: TunnelRequest): Refusal | undefined {
  if (request.method !== 'GET') return REFUSALS.methodNotAllowed;
  if (isTooOld(request)) return REFUSALS.httpTooOld;
  const protocol = request.headers.upgrade?.toLowerCase();
  if (carrier !== undefined || protocol === 'websocket') return undefined;
  return protocol === REVDIAL_PROTOCOL ? REFUSALS.versionUnknown : REFUSALS.upgradeRequired;
}

/** RFC 9110 §7.8: an Upgrade of HTTP/1.0 is not honoured. */
function isTooOld({ httpVersion }: IncomingMessage): boolean {
  return httpVersion !== '1.1';
}
