import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { type ServerMessage, type StreamInit, parseClientMessage } from './stream-messages.js';
import { type Frame, type FrameError, OPCODE, StreamSocket, violationOf } from './stream-socket.js';
import type { MoonlightCore } from './moonlight-core.js';
import { QUEUED_FRAMES_COUNT, SESSIONS_COUNT } from './moonlight-limits.js';
import { MoonlightSession } from './moonlight-session.js';
import type { InitOutcome } from './moonlight-status.js';

/**
 * One client's WebSocket from its first frame to its end (moonlight-web §3.4 to §3.6). Frames are handled one after the
 * other; only the loss of the connection is noticed at once.
 *
 *     awaiting-init ──▶ streaming ──▶ over
 *           │               └──▶ deaf     invalid JSON: the reader is gone, the session and the socket are not
 *           └──▶ mute                     the handler returned: the next byte ends the connection
 */
export class StreamConnection {
  readonly #core: MoonlightCore;
  readonly #socket: StreamSocket;
  readonly #lost = new AbortController();
  readonly #onOver: () => void;
  #phase: 'awaiting-init' | 'streaming' | 'deaf' | 'mute' | 'over' = 'awaiting-init';
  #session: MoonlightSession | undefined;
  /** A client that joined is not the one whose end ends the session. */
  #hasJoined = false;
  #queue: Promise<void> = Promise.resolve();
  #queuedCount = 0;

  constructor(core: MoonlightCore, connection: Duplex, onOver: () => void) {
    this.#core = core;
    this.#onOver = onOver;
    this.#socket = new StreamSocket(connection, {
      onFrame: (frame) => {
        this.#take(frame);
      },
      onEnd: () => void this.#connectionLost(),
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(frame: Frame | FrameError): void {
    const kind = violationOf(frame);
    const sessionId = this.#session?.sessionId ?? null;
    if (kind !== undefined) this.#core.violations.add({ kind, at: new Date().toISOString(), sessionId });
    this.#queuedCount += 1;
    if (this.#queuedCount > QUEUED_FRAMES_COUNT) {
      this.#socket.destroy();
      return;
    }
    this.#queue = this.#queue
      .then(() => this.#handle(frame))
      .catch(() => {
        this.#socket.destroy();
      })
      .finally(() => {
        this.#queuedCount -= 1;
      });
  }

  async #handle(frame: Frame | FrameError): Promise<void> {
    switch (this.#phase) {
      case 'awaiting-init':
        await this.#handleFirst(frame);
        break;
      case 'streaming':
        await this.#handleNext(frame);
        break;
      case 'mute':
        this.#socket.destroy();
        break;
      case 'deaf':
      case 'over':
        break;
    }
  }

  async #handleFirst(frame: Frame | FrameError): Promise<void> {
    const kind = violationOf(frame);
    // Skipped in this loop, so that a fragmented first message is lost and the client waits for ever.
    if (kind === 'ping' || kind === 'pong' || kind === 'fragment') return;
    const text = textOf(frame);
    const message = text === undefined ? undefined : parseClientMessage(text, this.#core.dialect);
    if (message === undefined) {
      if (text !== undefined) this.#core.inits.add({ at: new Date().toISOString(), outcome: 'malformed' });
      this.#goMute();
      return;
    }
    if (message.kind !== 'init') {
      this.#core.inits.add({ at: new Date().toISOString(), outcome: 'not-first' });
      this.#part();
      return;
    }
    const credentialsOk = this.#core.credentials === null || this.#core.credentials === message.init.credentials;
    const outcome = credentialsOk ? await this.#start(message.init) : this.#refuseCredentials();
    this.#note(message.init, credentialsOk, outcome);
  }

  #refuseCredentials(): InitOutcome {
    if (this.#core.dialect === 'H') this.#goMute();
    else this.#part({ StageFailed: { stage: 'Authentication', error_code: -1 } });
    return 'unauthenticated';
  }

  async #start(init: StreamInit): Promise<InitOutcome> {
    const { registry, host, wolf, faults } = this.#core;
    const standing = registry.find(init.sessionId);
    if (init.mode === 'join') {
      if (standing === undefined) return this.#refuse('SessionNotFound');
      this.#session = standing;
      this.#hasJoined = true;
      this.#phase = 'streaming';
      standing.attach(this.#socket);
      return 'joined';
    }
    if (standing !== undefined) {
      this.#part(init.mode === 'create' ? 'AlreadyStreaming' : undefined);
      return 'AlreadyStreaming';
    }
    if (host.isRemoved || init.hostId !== host.id) return this.#refuse('HostNotFound');
    if (!host.isPaired) return this.#refuse('HostNotPaired');
    const apps = wolf.apps();
    if (apps === undefined || registry.list().length >= SESSIONS_COUNT) return this.#refuse('InternalServerError');
    const app = apps.find((candidate) => candidate.app_id === init.appId);
    const isHidden = faults.appNotFoundTimes > 0;
    if (isHidden) faults.appNotFoundTimes -= 1;
    if (app === undefined || isHidden) return this.#refuse('AppNotFound');

    const { signal } = this.#lost;
    if (faults.slowStartMs > 0) await delay(faults.slowStartMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return 'left';
    const session = new MoonlightSession(this.#core, init, app);
    this.#session = session;
    this.#phase = 'streaming';
    // A session that took the same id meanwhile is no longer listed (§2, race b).
    registry.add(session);
    await session.begin(this.#socket);
    return 'started';
  }

  async #handleNext(frame: Frame | FrameError): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    if (typeof frame !== 'string' && frame.opcode === OPCODE.close) {
      await this.#leave();
      if (!this.#core.faults.muteClose) this.#socket.close();
      return;
    }
    const text = textOf(frame);
    if (text === undefined) {
      if (!this.#core.faults.strictFrames && typeof frame !== 'string') return;
      if (!this.#hasJoined) this.#socket.send('PeerDisconnect');
      this.#socket.close();
      await this.#leave();
      return;
    }
    if (session.mode === 'keepalive' && !this.#hasJoined) return;
    const message = parseClientMessage(text, this.#core.dialect);
    if (message !== undefined) await session.receive(message);
    else if (!this.#hasJoined) this.#phase = 'deaf';
  }

  /** The reader's loop has ended: no socket is attached any more, and the creator's session stops (§2). */
  async #leave(): Promise<void> {
    if (this.#phase === 'over') return;
    const wasDeaf = this.#phase === 'deaf';
    this.#phase = 'over';
    if (wasDeaf) {
      this.#session?.signallingLost();
      return;
    }
    this.#session?.detach();
    if (!this.#hasJoined) await this.#session?.end({});
    else this.#session?.signallingLost();
  }

  async #connectionLost(): Promise<void> {
    this.#lost.abort();
    this.#onOver();
    await this.#leave();
  }

  #goMute(): void {
    this.#phase = 'mute';
    this.#socket.goMute();
  }

  #refuse<T extends ServerMessage & InitOutcome>(reason: T): T {
    this.#part(reason);
    return reason;
  }

  #part(message?: ServerMessage): void {
    this.#phase = 'over';
    if (message !== undefined) this.#socket.send(message);
    this.#socket.close();
  }

  #note(init: StreamInit, credentialsOk: boolean, outcome: InitOutcome): void {
    this.#core.inits.add({
      at: new Date().toISOString(),
      outcome,
      credentialsOk,
      sessionId: init.sessionId,
      clientUniqueId: init.clientUniqueId ?? null,
      mode: init.mode,
      hostId: init.hostId,
      appId: init.appId,
      width: init.width,
      height: init.height,
      fps: init.fps,
      bitrate: init.bitrate,
      packetSize: init.packetSize,
      videoSupportedFormats: init.videoSupportedFormats,
    });
  }
}

/** The text of a whole text frame. Reserved bits are not looked at, so a compressed frame is read as it stands (§3.6). */
function textOf(frame: Frame | FrameError): string | undefined {
  if (typeof frame === 'string' || frame.opcode !== OPCODE.text || !frame.isFinal) return undefined;
  return frame.payload.toString('utf8');
}
