import { InputChannels } from './input-channels.js';
import { VIEWER_LIMITS } from './limits.js';
import type { IceServerEntry, RemoteCandidate, ServerMessage } from './server-message.js';

interface PeerEvents {
  readonly signal: (text: string) => void;
  readonly stream: (stream: MediaStream) => void;
  readonly state: (state: RTCPeerConnectionState) => void;
  /** What the host says on its own channel, `general`. */
  readonly general: (text: string) => void;
  /** Something that the browser refuses; there is no going on. */
  readonly failed: () => void;
}

type Signal = Extract<ServerMessage, { readonly kind: 'description' | 'candidate' }>;

/**
 * One WebRTC connection to a host: the page offers first, for data only; the host answers, and later offers picture and sound
 * itself (moonlight-web §3.4). Signals are taken one by one, since each waits for the browser.
 */
export class Peer {
  readonly channels: InputChannels;
  readonly #connection: RTCPeerConnection;
  readonly #events: PeerEvents;
  readonly #waiting: Signal[] = [];
  readonly #earlyCandidates: RemoteCandidate[] = [];
  #isBusy = false;

  constructor(servers: readonly IceServerEntry[], role: 'view' | 'control', events: PeerEvents) {
    this.#events = events;
    this.#connection = new RTCPeerConnection({
      iceServers: servers.map(({ urls, username, credential }) => ({
        urls: [...urls],
        ...(username !== '' && { username, credential }),
      })),
    });
    const connection = this.#connection;
    connection.addEventListener('icecandidate', ({ candidate }) => this.#tellCandidate(candidate));
    connection.addEventListener('connectionstatechange', () => events.state(connection.connectionState));
    connection.addEventListener('track', ({ track, streams, receiver }) => {
      // Played as it comes: a desktop that answers late is worse than one that flickers.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      events.stream(streams[0] ?? new MediaStream([track]));
    });
    connection.addEventListener('datachannel', ({ channel }) => {
      if (channel.label !== 'general') return;
      channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data === 'string') events.general(data);
      });
    });
    this.channels = InputChannels.on(connection, role);
  }

  /** With signals that came before, which are kept for this. An offer among them makes ours needless. */
  start(early: readonly Signal[]): void {
    early.forEach((signal) => this.take(signal));
    if (early.some((signal) => signal.kind === 'description')) return;
    this.#offer().catch(() => this.#fail());
  }

  take(signal: Signal): void {
    if (this.#waiting.length >= VIEWER_LIMITS.messagesWaitingMax) {
      this.#fail();
      return;
    }
    this.#waiting.push(signal);
    if (!this.#isBusy) this.#work().catch(() => this.#fail());
  }

  async statistics(): Promise<RTCStatsReport> {
    return await this.#connection.getStats();
  }

  close(): void {
    this.#waiting.length = 0;
    this.#connection.close();
  }

  async #offer(): Promise<void> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    this.#tellDescription();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await (next.kind === 'candidate' ? this.#takeCandidate(next.candidate) : this.#describe(next.type, next.sdp));
    }
    this.#isBusy = false;
  }

  async #describe(type: 'offer' | 'answer', sdp: string): Promise<void> {
    // A second answer has nothing to answer any more.
    if (type === 'answer' && this.#connection.signalingState !== 'have-local-offer') return;
    await this.#connection.setRemoteDescription({ type, sdp });
    for (const candidate of this.#earlyCandidates.splice(0)) await this.#addCandidate(candidate);
    if (type === 'answer') return;
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    this.#tellDescription();
  }

  async #takeCandidate(candidate: RemoteCandidate): Promise<void> {
    if (this.#connection.remoteDescription !== null) await this.#addCandidate(candidate);
    else if (this.#earlyCandidates.length < VIEWER_LIMITS.candidatesWaitingMax) this.#earlyCandidates.push(candidate);
  }

  /** One that the browser cannot use is one way less, and no reason to give up. */
  async #addCandidate(candidate: RemoteCandidate): Promise<void> {
    await this.#connection.addIceCandidate(candidate).catch(() => undefined);
  }

  #tellDescription(): void {
    const description = this.#connection.localDescription;
    if (description === null) return;
    this.#events.signal(JSON.stringify({ Signaling: { Description: { ty: description.type, sdp: description.sdp } } }));
  }

  /** Neither null nor an empty one is told: this dialect has no end of candidates. */
  #tellCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') return;
    const told = {
      candidate: candidate.candidate,
      sdp_mid: candidate.sdpMid,
      sdp_mline_index: candidate.sdpMLineIndex,
      username_fragment: candidate.usernameFragment,
    };
    this.#events.signal(JSON.stringify({ Signaling: { AddIceCandidate: told } }));
  }

  #fail(): void {
    if (this.#connection.signalingState !== 'closed') this.#events.failed();
  }
}
