import { type AnswerSink, EVENT_STREAM_HEAD } from './wolf-reply.js';
import { printJson, type Printable } from './json.js';
import type { WolfFaults } from './wolf-faults.js';
import { LISTENER_BACKLOG_MAX_BYTES, OVERSIZED_FRAME_BYTES } from './wolf-limits.js';

const NAME_SPACE = 'wolf::core::events::';
const PING = `event: ${NAME_SPACE}RTPVideoPingEvent\ndata: {"client_ip":"127.0.0.1","client_port":48100}\n\n`;

/** Names of the events that this Wolf fires (wolf-api §5.3). */
export type WolfEventName =
  | 'CreateLobbyEvent'
  | 'JoinLobbyEvent'
  | 'LeaveLobbyEvent'
  | 'StopLobbyEvent'
  | 'SwitchStreamProducerEvents'
  | 'StreamSession'
  | 'StopStreamEvent'
  | 'PauseStreamEvent'
  | 'PairSignal'
  | 'StartRunner'
  | 'IDRRequestEvent'
  | 'RTPVideoPingEvent';

/** Who listens to `GET /events`. No replay, no filter, no secrets kept: PINs and environments go out in clear. */
export class EventHub {
  readonly #faults: WolfFaults;
  readonly #listeners = new Set<AnswerSink>();
  /** The frame that waits to be torn apart by the next, under the `interleaved` fault. */
  #heldFrame: string | undefined;

  constructor(faults: WolfFaults) {
    this.#faults = faults;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  add(listener: AnswerSink): void {
    this.#listeners.add(listener);
    listener.on('close', () => this.#listeners.delete(listener));
    // Reading goes on, so that a listener that leaves is noticed.
    listener.resume();
    this.#write(listener, EVENT_STREAM_HEAD);
  }

  broadcast(name: WolfEventName, payload: Printable): void {
    const fullName = `${NAME_SPACE}${name}`;
    const frame = `event: ${fullName}\ndata: ${printJson(payload)}\n\n`;
    switch (this.#faults.events) {
      case 'normal':
      case 'absent':
        this.#writeAll(frame);
        return;
      case 'silent':
        return;
      case 'not-json':
        this.#writeAll(`event: ${fullName}\ndata: <torn>\n\n`);
        return;
      case 'oversized':
        this.#writeAll(`event: ${fullName}\ndata: "${'x'.repeat(OVERSIZED_FRAME_BYTES)}"\n\n`);
        return;
      case 'pings':
        this.#writeAll(`${PING.repeat(16)}${frame}`);
        return;
      case 'interleaved':
        this.#interleave(frame);
        return;
      default:
        this.#faults.events satisfies never;
    }
  }

  keepAlive(): void {
    if (this.#faults.events !== 'silent') this.#writeAll(':keepalive\n\n');
  }

  /** Ends every stream, as a listener sees it when its proxy goes away. */
  cut(): void {
    for (const listener of this.#listeners) listener.destroy();
  }

  /** Two threads write at once. Cut at different places, or two frames of one kind would tear into whole ones again. */
  #interleave(frame: string): void {
    const held = this.#heldFrame;
    this.#heldFrame = held === undefined ? frame : undefined;
    if (held === undefined) return;
    const heldCut = Math.floor((held.length * 2) / 3);
    const cut = Math.floor(frame.length / 3);
    this.#writeAll(held.slice(0, heldCut) + frame.slice(0, cut) + held.slice(heldCut) + frame.slice(cut));
  }

  #writeAll(text: string): void {
    for (const listener of this.#listeners) this.#write(listener, text);
  }

  #write(listener: AnswerSink, text: string): void {
    listener.write(text);
    if (listener.writableLength > LISTENER_BACKLOG_MAX_BYTES) listener.destroy();
  }
}
