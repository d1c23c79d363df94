import type { SimulatedWolf } from '../wolf/simulated-wolf.js';
import type { MoonlightApp } from './stream-messages.js';

/** What a data channel's bytes do to the mouse, as far as Wolf maps it (moonlight-web §4). */
export type MouseMessage =
  { readonly kind: 'point'; readonly x: number; readonly y: number } | { readonly kind: 'press' };

/** `undefined` for everything else: keys, wheels, releases, and what is cut short. */
export function mouseMessageOf(label: string, bytes: Buffer): MouseMessage | undefined {
  const isMouse = label === 'mouse';
  if ((isMouse || label === 'mouseAbsolute') && bytes[0] === 1 && bytes.length >= 9) {
    const width = bytes.readInt16BE(5);
    const height = bytes.readInt16BE(7);
    if (width <= 0 || height <= 0) return undefined;
    return { kind: 'point', x: bytes.readInt16BE(1) / width, y: bytes.readInt16BE(3) / height };
  }
  return (isMouse || label === 'mouseClicks') && bytes[0] === 2 && bytes[1] === 1 ? { kind: 'press' } : undefined;
}

export interface WolfLaunch {
  readonly clientId: string;
  readonly clientUniqueId: string;
  readonly appId: number;
  readonly width: number;
  readonly height: number;
  readonly refreshRate: number;
}

/** The Wolf that a Moonlight Web streams from, as Moonlight's own protocol sees it. */
export interface MoonlightWolf {
  /** Undefined when Wolf is not there. */
  apps(): readonly MoonlightApp[] | undefined;
  /** Launches or, for a client that streams already, resumes. False when Wolf is not there. */
  launch(launch: WolfLaunch): boolean;
  /** The client lives. False when Wolf has ended its session. */
  contact(clientId: string): boolean;
  end(clientId: string): Promise<void>;
  /** What the client does with its mouse. */
  mouse(clientId: string, message: MouseMessage): void;
  /** The name of the lobby that the session watches, if any. */
  lobbyNameOf(clientId: string): string | undefined;
}

/** Moonlight's view of a simulated Wolf: its apps, and a session of Wolf for as long as one of the client's streams runs. */
export class SimulatedWolfSide implements MoonlightWolf {
  readonly #wolf: SimulatedWolf;
  /** Streams by client: one that reconnects resumes, and must not lose its session to the end of its first stream. */
  readonly #streamCounts = new Map<string, number>();

  constructor(wolf: SimulatedWolf) {
    this.#wolf = wolf;
  }

  apps(): readonly MoonlightApp[] | undefined {
    if (this.#wolf.state === 'stopped') return undefined;
    return this.#wolf.apps.map((app) => ({ app_id: Number(app.id), title: app.title, is_hdr_supported: false }));
  }

  launch({ clientId, clientUniqueId, appId, width, height, refreshRate }: WolfLaunch): boolean {
    if (this.#wolf.state === 'stopped') return false;
    if (!this.#isStanding(clientId)) {
      this.#wolf.launchSession({ clientId, clientUniqueId, appId: String(appId), width, height, refreshRate });
    }
    this.#streamCounts.set(clientId, (this.#streamCounts.get(clientId) ?? 0) + 1);
    return true;
  }

  contact(clientId: string): boolean {
    if (!this.#isStanding(clientId)) return false;
    this.#wolf.receiveControlPacket(clientId);
    return true;
  }

  async end(clientId: string): Promise<void> {
    const left = (this.#streamCounts.get(clientId) ?? 1) - 1;
    if (left > 0) {
      this.#streamCounts.set(clientId, left);
      return;
    }
    this.#streamCounts.delete(clientId);
    if (this.#isStanding(clientId)) await this.#wolf.endSession(clientId);
  }

  mouse(clientId: string, message: MouseMessage): void {
    if (!this.#isStanding(clientId)) return;
    if (message.kind === 'point') this.#wolf.pointAt(clientId, message);
    else this.#wolf.pressButton(clientId);
  }

  lobbyNameOf(clientId: string): string | undefined {
    return this.#wolf.lobbies.find((lobby) => lobby.connectedSessionIds.includes(clientId))?.name;
  }

  #isStanding(clientId: string): boolean {
    return this.#wolf.state !== 'stopped' && this.#wolf.sessionIds.includes(clientId);
  }
}
