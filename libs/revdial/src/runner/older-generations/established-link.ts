import type { ReceivedControlMessage } from '../../wire/control-line-codec.js';
import type { DialBackTransport } from '../tunnel-status.js';
import type { ControlChannel, ControlChannelEnd, ControlOpenOptions } from './control-channel.js';
import { openHijackControl } from './open-hijack-control.js';
import { openWebSocketControl } from './open-websocket-control.js';
import { PickUpQueue } from './pick-up-queue.js';
import type { PickUpQueueOptions } from './pick-up-queue.js';

export interface EstablishedLinkOptions extends Omit<PickUpQueueOptions, 'onFailed'> {
  readonly runnerId: string;
}

/** The runner's end of a link that stands: conn-ready in, pick-ups out. */
export class EstablishedLink {
  readonly #channel: ControlChannel;
  readonly #pickUps: PickUpQueue;

  constructor(channel: ControlChannel, pickUps: PickUpQueue) {
    this.#channel = channel;
    this.#pickUps = pickUps;
    void channel.closed.then(() => {
      pickUps.destroy();
    });
  }

  get transport(): DialBackTransport {
    return this.#channel.transport;
  }

  /** Settles once, when the link is gone, for any reason. Never rejects. */
  get closed(): Promise<ControlChannelEnd> {
    return this.#channel.closed;
  }

  /** Streams that this link has brought about. */
  get pickedUpCount(): number {
    return this.#pickUps.openedCount;
  }

  /** From now on every dial is answered with a failure. Idempotent. */
  refusePickUps(): void {
    this.#pickUps.close();
  }

  /** Says goodbye; resolves when the connection is gone, soon in any case. Idempotent. */
  close(): Promise<void> {
    return this.#channel.close();
  }

  /** Cuts. Idempotent. */
  destroy(): void {
    this.#channel.destroy('shutdown', 'cut by this side');
  }
}

/** @throws ConnectError of every code; the signal's reason */
export async function openEstablishedLink(
  transport: DialBackTransport,
  options: EstablishedLinkOptions,
  signal: AbortSignal,
): Promise<EstablishedLink> {
  const { connector, runnerId, timings, token } = options;
  // Lines may come before the opening has resolved, answers only after: the channel is there by then.
  let channel: ControlChannel | undefined;
  const pickUps = new PickUpQueue({
    ...options,
    onFailed: (connPath, err) => {
      channel?.send({ command: 'pickup-failed', connPath, err });
    },
  });
  const onMessage = (message: ReceivedControlMessage): void => {
    if (message.command === 'conn-ready') pickUps.add(message.connPath);
  };
  try {
    const openOptions: ControlOpenOptions = { connector, runnerId, timings, onMessage, token: await token.read() };
    channel =
      transport === 'hijack'
        ? await openHijackControl(openOptions, signal)
        : await openWebSocketControl(openOptions, signal);
  } catch (error) {
    pickUps.destroy();
    throw error;
  }
  return new EstablishedLink(channel, pickUps);
}
