import { PEER_SILENT_MS, SCRIPTED_CONNECT_MS } from './moonlight-limits.js';
import type { PeerRequest, StreamPeer } from './stream-peer.js';
import { SCRIPTED_ANSWER, SCRIPTED_CANDIDATE, scriptedMediaOffer } from './scripted-sdp.js';

/** A peer that only talks: it plays the order of §3.4 with descriptions of real sizes, and no packet ever flows. */
export class ScriptedPeer implements StreamPeer {
  readonly #request: PeerRequest;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isConnecting = false;

  constructor(request: PeerRequest) {
    this.#request = request;
  }

  acceptOffer(): Promise<void> {
    const { events, isIsolated } = this.#request;
    if (!isIsolated) events.onCandidate(SCRIPTED_CANDIDATE);
    events.onDescription('answer', SCRIPTED_ANSWER);
    if (!isIsolated && !this.#isConnecting) {
      this.#isConnecting = true;
      this.#after(SCRIPTED_CONNECT_MS, events.onConnected);
    }
    return Promise.resolve();
  }

  acceptAnswer(): Promise<void> {
    return Promise.resolve();
  }

  addCandidate(): Promise<void> {
    return Promise.resolve();
  }

  offerMedia(): Promise<void> {
    this.#request.events.onDescription('offer', scriptedMediaOffer());
    return Promise.resolve();
  }

  stopMedia(): void {
    // There is none.
  }

  sayGeneral(): void {
    // There is no data channel to say it on.
  }

  /** Where a real client's packets would stop. */
  signallingLost(): void {
    this.#after(PEER_SILENT_MS, this.#request.events.onGone);
  }

  close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return Promise.resolve();
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
