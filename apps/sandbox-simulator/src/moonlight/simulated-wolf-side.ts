import type { SimulatedWolf } from '../wolf/simulated-wolf.js';
import type { MoonlightWolf, WolfLaunch } from './moonlight-wolf.js';
import type { MouseMessage } from './mouse-message.js';
import type { MoonlightApp } from './server-message.js';

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
