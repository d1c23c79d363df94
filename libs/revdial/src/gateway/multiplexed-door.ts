import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { BytePipe, PipeCloseCode } from '../carrier/byte-pipe.js';
import { SocketCarrier } from '../carrier/socket-carrier.js';
import { WebSocketCarrier } from '../carrier/websocket-carrier.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { SUPERSEDED_LINKS_MAX_COUNT, TCP_KEEP_ALIVE_DELAY_MS } from '../limits.js';
import { MultiplexedConnection } from '../links/multiplexed-connection.js';
import type { Carriage, MultiplexedConnectionEvents } from '../links/multiplexed-connection.js';
import { MultiplexedLink } from '../links/multiplexed-link.js';
import { PrincipalShare } from '../links/principal-share.js';
import { emptyResetCounts } from '../mux/reset-code.js';
import { asksForNewLinkElse, formatLinkGrant, formatReceived, parseResumption } from '../resumable/resumption.js';
import type { Resumption } from '../resumable/resumption.js';
import type { RevDialCounters } from '../revdial-counters.js';
import { SILENT_LOGGER } from '../revdial-logger.js';
import type { RevDialLogger } from '../revdial-logger.js';
import type { RunnerId } from '../runner-id.js';
import { refusalOf } from './admission.js';
import type { Admitted } from './admission.js';
import { addResets, multiplexedTotalsOf } from './multiplexed-totals.js';
import type { MultiplexedTotals } from './multiplexed-totals.js';
import { MachineClaims, machineIdOf } from './machine-claims.js';
import { headerLines, notResumable, refusalOfRunner, REFUSALS } from './refusal.js';
import type { NotResumableReason, Refusal } from './refusal.js';
import type { RevDialGatewayOptions } from './revdial-gateway-options.js';
import { REVDIAL_PROTOCOL, REVDIAL_SUBPROTOCOL, REVDIAL_VERSION } from './tunnel-request.js';
import type { CarrierKind } from './tunnel-request.js';
import type { ViolationLog } from './violation-log.js';
import type { WaitingSocket } from './waiting-socket.js';
import { webSocketAcceptance } from './websocket-acceptance.js';

type Headers = Readonly<Record<string, string>>;

/** Ends of a link that its agent has brought about. */
const PEERS_FAULTS: ReadonlySet<PipeCloseCode> = new Set(['protocol-violation', 'limit', 'offset-mismatch']);

/** Where links of generation 3 are opened and resumed, after their peer was let in (docs/protocol.md, "Generation 3"). */
export class MultiplexedDoor {
  readonly #connections: ConnectionManager;
  readonly #options: RevDialGatewayOptions;
  readonly #counters: RevDialCounters;
  readonly #logger: RevDialLogger;
  readonly #byLinkId = new Map<string, MultiplexedConnection>();
  readonly #superseded = new SupersededLinks();
  readonly #shares = new Map<string, PrincipalShare>();
  readonly #endedResets = emptyResetCounts();
  readonly #machines: MachineClaims;
  readonly #violations: ViolationLog;

  constructor(
    connections: ConnectionManager,
    options: RevDialGatewayOptions & { readonly counters: RevDialCounters },
    violations: ViolationLog,
  ) {
    this.#connections = connections;
    this.#options = options;
    this.#counters = options.counters;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.#machines = new MachineClaims(options, this.#counters, this.#logger);
    this.#violations = violations;
  }

  /** Answers 101 and goes on with the socket, or returns why not and leaves it alone. */
  accept(
    waiting: WaitingSocket,
    request: IncomingMessage,
    carrier: CarrierKind,
    admitted: Admitted,
  ): Refusal | undefined {
    // Decided by the admission; a turn may have passed since.
    const ids = admitted.runners.map(({ id }) => id);
    const obstacle = this.#connections.findObstacleOfAll(ids, admitted.principal.name);
    if (obstacle !== undefined) return refusalOf(obstacle);
    if (answerHead(request, carrier, {}) === undefined) return REFUSALS.invalidUpgrade;
    const resumption = parseResumption(request.headers);
    if (resumption === undefined) return REFUSALS.resumptionMalformed;
    const machineId = machineIdOf(request);
    if (machineId === undefined) return REFUSALS.machineMalformed;
    const take = (headers: Headers): BytePipe => takeSocket(waiting, request, carrier, headers);
    const carriage: Carriage = {
      transport: carrier === 'raw' ? 'mux' : 'mux-websocket',
      remoteAddress: request.socket.remoteAddress ?? '',
    };
    const open = (): Refusal | undefined => this.#open(admitted, machineId, carriage, take);
    if (resumption === 'absent') return open();
    const refused = this.#resume(resumption, admitted, carriage, take);
    if (refused === undefined) return undefined;
    this.#counters.count(this.#counters.resumptionsRefused, refused);
    // A replica that was restarted: without this its whole fleet would come twice.
    if (refused === 'unknown-link' && asksForNewLinkElse(request.headers)) return open();
    return refused === 'other-runners' ? REFUSALS.otherRunners : notResumable(refused);
  }

  knows(linkId: string): boolean {
    return this.#byLinkId.has(linkId);
  }

  totals(): MultiplexedTotals {
    return multiplexedTotalsOf(this.#byLinkId.values(), this.#endedResets);
  }

  #open(
    admitted: Admitted,
    machineId: string,
    carriage: Carriage,
    take: (headers: Headers) => BytePipe,
  ): Refusal | undefined {
    const principal = admitted.principal.name;
    const runnerIds = admitted.runners.map(({ id }) => id);
    const held = this.#machines.findHeldByOther(runnerIds, machineId, carriage.remoteAddress);
    if (held !== undefined) return refusalOfRunner(REFUSALS.otherMachine, held);
    const share = this.#shareOf(principal);
    if (!share.mayOpenLink) return REFUSALS.tooMany;
    const { graceMs, maxWaitingDialCount } = this.#connections;
    // Held for as long as the runner is waited for; `verifyLimits` refuses a longer hold.
    const holdMs = this.#options.holdMs ?? graceMs;
    const fields: Record<string, unknown> = { runnerIds, ...carriage };
    const connection = new MultiplexedConnection(
      principal,
      share,
      carriage,
      { ...this.#options, holdMs },
      this.#eventsOf(fields, runnerIds),
    );
    fields['linkId'] = connection.grant.linkId;
    this.#keep(connection, fields, runnerIds);
    connection.attach(take(formatLinkGrant(connection.grant)), 0, carriage);
    for (const { id } of admitted.runners) {
      const link = new MultiplexedLink(id, connection, this.#counters, maxWaitingDialCount);
      this.#counters.linksOpened[carriage.transport] += 1;
      void link.closed.then((end) => {
        this.#counters.count(this.#counters.linksEnded, end.reason);
      });
      const { generation } = this.#connections.register(link);
      this.#machines.hold(link, machineId);
      this.#logger.info({ ...fields, runnerId: id, generation }, 'runner connected');
    }
    return undefined;
  }

  #resume(
    resumption: Resumption,
    admitted: Admitted,
    carriage: Carriage,
    take: (headers: Headers) => BytePipe,
  ): NotResumableReason | undefined {
    const connection = this.#byLinkId.get(resumption.linkId);
    const runnerIds = admitted.runners.map(({ id }) => id);
    const principal = admitted.principal.name;
    if (connection === undefined) return this.#superseded.reasonOf(resumption.linkId, principal);
    const refusal = connection.judge(resumption, principal, runnerIds);
    if (refusal !== undefined) return refusal === 'closed' && connection.isSuperseded ? 'superseded' : refusal;
    // First, so that what is said to have been received stays true, though the old connection may seem alive.
    const received = connection.detach();
    connection.attach(take(formatReceived(received)), resumption.received, carriage);
    return undefined;
  }

  #keep(
    connection: MultiplexedConnection,
    fields: Readonly<Record<string, unknown>>,
    runnerIds: readonly RunnerId[],
  ): void {
    const { linkId } = connection.grant;
    const { share } = connection;
    this.#byLinkId.set(linkId, connection);
    share.linkCount += 1;
    void connection.closed.then((end) => {
      this.#byLinkId.delete(linkId);
      if (end.code === 'superseded') this.#superseded.add(linkId, connection.principal);
      share.linkCount -= 1;
      if (share.linkCount === 0) this.#shares.delete(connection.principal);
      addResets(this.#endedResets, connection.stats.resetsByCode);
      if (!end.byPeer && end.reason !== '' && PEERS_FAULTS.has(end.code)) this.#violations.note(runnerIds, end.reason);
      this.#logger.info({ ...fields, code: end.code, byPeer: end.byPeer, err: end.cause }, 'link of runners ended');
    });
  }

  #eventsOf(fields: Readonly<Record<string, unknown>>, runnerIds: readonly RunnerId[]): MultiplexedConnectionEvents {
    return {
      onViolation: (runnerId, reason) => {
        this.#violations.note([runnerId], reason);
      },
      onCarrierLost: (end) => {
        if (end.code === 'protocol-violation' && end.cause instanceof Error)
          this.#violations.note(runnerIds, end.cause.message);
        this.#logger.info(
          { ...fields, code: end.code, err: end.cause },
          'a link lost its connection and may be resumed',
        );
      },
      onResumed: (replayedBytes) => {
        this.#counters.resumptions += 1;
        this.#counters.replayedBytes += replayedBytes;
        this.#logger.info({ ...fields, replayedBytes }, 'a link was resumed');
      },
    };
  }

  #shareOf(principal: string): PrincipalShare {
    const known = this.#shares.get(principal);
    if (known !== undefined) return known;
    const share = new PrincipalShare(this.#options);
    this.#shares.set(principal, share);
    return share;
  }
}

function takeSocket(
  waiting: WaitingSocket,
  request: IncomingMessage,
  carrier: CarrierKind,
  headers: Headers,
): BytePipe {
  const socket: Socket = waiting.socket;
  const earlyBytes = waiting.release();
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
  socket.write(answerHead(request, carrier, headers) ?? '');
  return carrier === 'raw' ? new SocketCarrier(socket, earlyBytes) : new WebSocketCarrier(socket, 'server', earlyBytes);
}

/** `undefined`: not a WebSocket's request. */
function answerHead(request: IncomingMessage, carrier: CarrierKind, headers: Headers): string | undefined {
  if (carrier === 'websocket')
    return webSocketAcceptance(request, { 'Sec-WebSocket-Protocol': REVDIAL_SUBPROTOCOL, ...headers });
  const first = { Upgrade: REVDIAL_PROTOCOL, Connection: 'Upgrade', 'RevDial-Version': REVDIAL_VERSION };
  return `HTTP/1.1 101 Switching Protocols\r\n${headerLines({ ...first, ...headers })}\r\n`;
}

/**
 * The links that a newer one has taken over of late, so that an agent that asks for one is told so, and waits before it
 * takes its place back.
 */
class SupersededLinks {
  readonly #principals = new Map<string, string>();

  add(linkId: string, principal: string): void {
    this.#principals.set(linkId, principal);
    if (this.#principals.size <= SUPERSEDED_LINKS_MAX_COUNT) return;
    for (const oldest of this.#principals.keys()) {
      this.#principals.delete(oldest);
      return;
    }
  }

  reasonOf(linkId: string, principal: string): 'superseded' | 'unknown-link' {
    return this.#principals.get(linkId) === principal ? 'superseded' : 'unknown-link';
  }
}
