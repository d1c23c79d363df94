import { randomBytes } from 'node:crypto';
import type { MoonlightFaults } from './moonlight-faults.js';
import {
  IDENTITIES_COUNT,
  INPUT_MAX_BYTES,
  LATE_RELEASE_MS,
  PEER_FAILED_MS,
  WOLF_CONTACT_MS,
} from './moonlight-limits.js';
import type { BoundedLog, InputRecord, StreamStatus } from './moonlight-status.js';
import { mouseMessageOf, type MoonlightWolf } from './moonlight-wolf.js';
import type {
  ClientMessage,
  IceServer,
  MoonlightApp,
  MoonlightDialect,
  ServerMessage,
  StreamInit,
  StreamMode,
} from './stream-messages.js';
import type { PeerMaker, StreamPeer, StreamPeerEvents } from './stream-peer.js';
import type { StreamSocket } from './stream-socket.js';

/** What Moonlight sends for a client that has no unique id of its own (moonlight-web §2). */
const NO_UNIQUE_ID = '0123456789ABCDEF';

/** The certificates of clients, as far as they matter: the same `client_unique_id` is the same client to Wolf. */
export class ClientIdentities {
  readonly #clientIds = new Map<string, string>();

  /** Wolf's id for the client, a number of 64 bits in text. */
  clientIdOf(clientUniqueId: string | undefined): string {
    const key = clientUniqueId ?? NO_UNIQUE_ID;
    const known = this.#clientIds.get(key);
    if (known !== undefined) return known;
    const oldest = this.#clientIds.keys().next();
    if (this.#clientIds.size >= IDENTITIES_COUNT && oldest.done !== true) this.#clientIds.delete(oldest.value);
    const clientId = randomBytes(8).readBigUInt64BE().toString();
    this.#clientIds.set(key, clientId);
    return clientId;
  }

  /** Those that came with a unique id. */
  list(): readonly string[] {
    return [...this.#clientIds.keys()].filter((key) => key !== NO_UNIQUE_ID);
  }
}

/** How a session says that it is over; without members it says nothing. */
export interface SessionFarewell {
  readonly say?: ServerMessage;
  readonly closes?: boolean;
}

/** A few of the library's own stages (moonlight-web §3.4). */
const STAGES = ['name resolution', 'RTSP handshake', 'control stream establishment', 'video stream establishment'];

/** What a session works with. */
export interface SessionCore {
  readonly dialect: MoonlightDialect;
  readonly faults: MoonlightFaults;
  readonly wolf: MoonlightWolf;
  readonly iceServers: readonly IceServer[];
  readonly makePeer: PeerMaker;
  readonly identities: ClientIdentities;
  readonly inputs: BoundedLog<InputRecord>;
  /** The session has ended; its id is free again after this long, or never. */
  release(session: MoonlightSession, afterMs: number | 'never'): void;
}

/** One streamer: its peer, its client's session in Wolf, and the WebSocket that is attached to it, if any. */
export class MoonlightSession {
  readonly sessionId: string;
  readonly mode: StreamMode;
  readonly #core: SessionCore;
  readonly #init: StreamInit;
  readonly #app: MoonlightApp;
  readonly #clientId: string;
  readonly #startedAt = new Date().toISOString();
  readonly #timers = new Set<NodeJS.Timeout>();
  #socket: StreamSocket | undefined;
  #peer: StreamPeer | undefined;
  #isStreaming = false;
  #isEnded = false;

  constructor(core: SessionCore, init: StreamInit, app: MoonlightApp) {
    this.#core = core;
    this.#init = init;
    this.#app = app;
    this.sessionId = init.sessionId;
    this.mode = init.mode;
    this.#clientId = core.identities.clientIdOf(init.clientUniqueId);
  }

  get isAlive(): boolean {
    return !this.#isEnded;
  }

  status(): StreamStatus {
    return {
      sessionId: this.sessionId,
      clientUniqueId: this.#init.clientUniqueId ?? null,
      mode: this.mode,
      hasWebsocket: this.#socket !== undefined,
      startedAt: this.#startedAt,
    };
  }

  /** From `UpdateApp` to the moment when the client's offer is awaited (moonlight-web §3.4). */
  async begin(socket: StreamSocket): Promise<void> {
    const { dialect, faults, iceServers } = this.#core;
    if (faults.dieAfterMs !== undefined) this.#after(faults.dieAfterMs, () => void this.end({ closes: true }));
    const launched = 'Launch Streamer';
    socket.send({ UpdateApp: { app: this.#app } });
    socket.send(dialect === 'K' ? { StageStarting: { stage: launched } } : { StageComplete: { stage: launched } });
    if (this.mode === 'keepalive') {
      this.#launch();
      return;
    }
    this.#socket = socket;
    this.#send({ StageComplete: { stage: launched } });
    this.#send({ StageStarting: { stage: 'Setup WebRTC Peer' } });
    const peer = await this.#core.makePeer({
      events: this.#peerEvents(),
      isIsolated: faults.iceFail,
      caption: () => this.#caption(),
    });
    if (this.#isEnded) {
      await peer.close();
      return;
    }
    this.#peer = peer;
    this.#send({ WebRtcConfig: { ice_servers: iceServers } });
    this.#send({ StageComplete: { stage: 'Setup WebRTC Peer' } });
    this.#send({ StageStarting: { stage: 'WebRTC Peer Negotiation' } });
    if (faults.iceFail) this.#after(PEER_FAILED_MS, () => void this.end({ say: 'PeerDisconnect', closes: true }));
  }

  /** Resolves when the peer has done with the message; what it cannot make sense of is dropped, as upstream drops it. */
  async receive(message: ClientMessage): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined || this.#isEnded) return;
    try {
      if (message.kind === 'candidate') await peer.addCandidate(message.candidate, message.mid, message.lineIndex);
      if (message.kind !== 'description') return;
      if (message.type === 'offer' && !this.#core.faults.neverAnswer) await peer.acceptOffer(message.sdp);
      if (message.type === 'answer') await peer.acceptAnswer(message.sdp);
    } catch {
      // The real one only logs it.
    }
  }

  /** Another WebSocket takes over: the old one is told, the new one gets the ICE servers and nothing else (§2, join). */
  attach(socket: StreamSocket): void {
    this.#socket?.send('ClientKicked');
    this.#socket?.close();
    this.#socket = socket;
    this.#send({ WebRtcConfig: { ice_servers: this.#core.iceServers } });
  }

  /** Whichever WebSocket is attached is so no longer. */
  detach(): void {
    this.#socket = undefined;
  }

  signallingLost(): void {
    if (!this.#isEnded) this.#peer?.signallingLost();
  }

  kick(): Promise<void> {
    return this.end({ say: 'ClientKicked', closes: true });
  }

  /** Moonlight's stream ends, the WebSocket stays (§3.5). */
  async terminate(errorCode: number): Promise<void> {
    if (this.#isEnded) return;
    this.#clearTimers();
    this.#send({ ConnectionTerminated: { error_code: errorCode } });
    this.#peer?.sayGeneral('"ConnectionTerminated"');
    this.#peer?.stopMedia();
    await this.#leaveWolf();
  }

  reportConnection(status: 'Ok' | 'Poor'): void {
    this.#peer?.sayGeneral(JSON.stringify({ ConnectionStatusUpdate: { status } }));
  }

  /** Ends everything that the session began. Idempotent. */
  async end(farewell: SessionFarewell): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#clearTimers();
    if (farewell.say !== undefined) this.#send(farewell.say);
    if (farewell.closes === true) this.#socket?.close();
    this.#socket = undefined;
    const { dialect, faults } = this.#core;
    const isZombie = this.mode === 'keepalive' && !this.sessionId.endsWith('-kickoff');
    const keepMs = faults.keepIdMs ?? (dialect === 'H' ? LATE_RELEASE_MS : 0);
    this.#core.release(this, isZombie ? 'never' : keepMs);
    await Promise.allSettled([this.#peer?.close(), this.#leaveWolf()]);
  }

  #peerEvents(): StreamPeerEvents {
    const { inputs, wolf } = this.#core;
    return {
      onDescription: (ty, sdp) => {
        this.#send({ Signaling: { Description: { ty, sdp } } });
      },
      onCandidate: (candidate) => {
        const place = { sdp_mid: '', sdp_mline_index: 0, username_fragment: null } as const;
        this.#send({ Signaling: { AddIceCandidate: { candidate, ...place } } });
      },
      onConnected: () => {
        // A peer that cannot offer media is one that has gone meanwhile.
        this.#stream().catch(() => this.end({ say: 'PeerDisconnect', closes: true }));
      },
      onGone: () => void this.end({ say: 'PeerDisconnect', closes: true }),
      onInput: (label, bytes) => {
        const hex = bytes.subarray(0, INPUT_MAX_BYTES).toString('hex');
        inputs.add({ clientUniqueId: this.#init.clientUniqueId ?? null, label, hex, at: new Date().toISOString() });
        const mouse = mouseMessageOf(label, bytes);
        if (mouse !== undefined) wolf.mouse(this.#clientId, mouse);
      },
    };
  }

  async #stream(): Promise<void> {
    if (this.#isEnded || this.#isStreaming || this.#peer === undefined) return;
    this.#send({ StageStarting: { stage: 'Moonlight Stream' } });
    if (!this.#launch()) {
      this.#send({ StageFailed: { stage: 'RTSP handshake', error_code: -1 } });
      await this.end({ say: 'PeerDisconnect', closes: true });
      return;
    }
    for (const stage of STAGES) {
      this.#send({ StageStarting: { stage } });
      this.#send({ StageComplete: { stage } });
    }
    await this.#peer.offerMedia();
    const { width, height } = this.#init;
    this.#send({ ConnectionComplete: { capabilities: { touch: false }, width, height, client_id: this.#clientId } });
  }

  #launch(): boolean {
    this.#isStreaming = this.#core.wolf.launch({
      clientId: this.#clientId,
      clientUniqueId: this.#init.clientUniqueId ?? NO_UNIQUE_ID,
      appId: this.#init.appId,
      width: this.#init.width,
      height: this.#init.height,
      refreshRate: this.#init.fps,
    });
    if (this.#isStreaming) this.#after(WOLF_CONTACT_MS, () => void this.#contactWolf());
    return this.#isStreaming;
  }

  async #contactWolf(): Promise<void> {
    if (this.#core.wolf.contact(this.#clientId)) this.#after(WOLF_CONTACT_MS, () => void this.#contactWolf());
    else await this.terminate(0);
  }

  async #leaveWolf(): Promise<void> {
    if (!this.#isStreaming) return;
    this.#isStreaming = false;
    // A Wolf that dies meanwhile has ended the session as well.
    await this.#core.wolf.end(this.#clientId).catch(() => undefined);
  }

  /** The session's short name, and where its picture would come from. */
  #caption(): readonly string[] {
    const name = /ses_[a-z0-9]+/.exec(this.sessionId)?.[0] ?? this.sessionId;
    const lobby = this.#core.wolf.lobbyNameOf(this.#clientId);
    return [name.slice(-12), lobby === undefined ? 'NO LOBBY' : `LOBBY ${lobby.slice(0, 18)}`];
  }

  #send(message: ServerMessage): void {
    this.#socket?.send(message);
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
