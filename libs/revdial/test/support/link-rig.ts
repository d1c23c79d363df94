import { ResumableLink } from '../../src/resumable/resumable-link.js';
import type { ResumableLinkOptions } from '../../src/resumable/resumable-link-options.js';
import type { CarrierPairs, PipePair } from './carrier-pairs.js';

type Options = Omit<ResumableLinkOptions, 'role' | 'events'>;

/** Two ends of one link, and what a gateway and an agent would do to connect them. */
export class LinkRig {
  readonly agent: ResumableLink;
  readonly server: ResumableLink;
  readonly lost: string[] = [];
  readonly drains: number[] = [];
  /** The next carrier is made as soon as the agent has lost the last one. */
  reconnects = false;
  readonly #pairs: CarrierPairs;
  readonly #port: number | undefined;
  #carriers: PipePair | undefined;
  #isClosed = false;

  constructor(pairs: CarrierPairs, options: Options = {}, port?: number) {
    this.#pairs = pairs;
    this.#port = port;
    this.agent = new ResumableLink({
      ...options,
      role: 'agent',
      events: {
        onCarrierLost: (end) => {
          this.lost.push(`agent: ${end.code}`);
          if (this.reconnects) this.#reconnect();
        },
        onDrain: (withinMs) => this.drains.push(withinMs),
      },
    });
    this.server = new ResumableLink({
      ...options,
      role: 'server',
      events: { onCarrierLost: (end) => this.lost.push(`server: ${end.code}`) },
    });
  }

  /** As the handshake has it: the server tells what it has, and both ends go on from what the other has. */
  async connect(): Promise<void> {
    const carriers = await this.#pairs.pair(this.#port);
    if (this.#isClosed) return;
    const agentReceived = this.agent.received;
    const serverReceived = this.server.detach();
    this.#carriers = carriers;
    this.server.attach(carriers.far, agentReceived);
    this.agent.attach(carriers.near, serverReceived);
  }

  /** The agent's end of the connection goes away without a word. */
  cut(): void {
    this.#carriers?.near.destroy('lost');
  }

  close(): void {
    this.#isClosed = true;
    this.reconnects = false;
    this.agent.destroy('done');
    this.server.destroy('done');
  }

  #reconnect(): void {
    void this.connect().catch(() => {
      if (this.reconnects) setTimeout(() => this.#reconnect(), 5);
    });
  }
}
