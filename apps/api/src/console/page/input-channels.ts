import { VIEWER_LIMITS } from './limits.js';

export type InputLabel = 'keyboard' | 'mouseClicks' | 'mouseAbsolute' | 'mouseRelative';

/** As the host expects them, which tells them apart by label alone (moonlight-web §4). */
const CHANNELS: Readonly<Record<InputLabel, RTCDataChannelInit>> = {
  keyboard: { ordered: true },
  mouseClicks: { ordered: false },
  mouseAbsolute: { ordered: true, maxRetransmits: 0 },
  mouseRelative: { ordered: false },
};

/** The channels that carry input. A viewer who may only watch has none of them. */
export class InputChannels {
  readonly #channels: ReadonlyMap<InputLabel, RTCDataChannel>;

  private constructor(channels: ReadonlyMap<InputLabel, RTCDataChannel>) {
    this.#channels = channels;
  }

  /** Made before the first offer, which has no place for data without them. */
  static on(connection: RTCPeerConnection, role: 'view' | 'control'): InputChannels {
    if (role === 'view') {
      // The offer needs one; the host passes over a label that it does not know.
      connection.createDataChannel('viewer');
      return new InputChannels(new Map());
    }
    const open = (label: InputLabel) => [label, connection.createDataChannel(label, CHANNELS[label])] as const;
    return new InputChannels(
      new Map([open('keyboard'), open('mouseClicks'), open('mouseAbsolute'), open('mouseRelative')]),
    );
  }

  /** `false` when it was not sent: the channel is not open, or stalled. */
  send(label: InputLabel, bytes: Uint8Array<ArrayBuffer>): boolean {
    const channel = this.#channels.get(label);
    if (channel?.readyState !== 'open') return false;
    const isPosition = label === 'mouseAbsolute' || label === 'mouseRelative';
    const limit = isPosition ? VIEWER_LIMITS.positionBacklogMaxBytes : VIEWER_LIMITS.inputBacklogMaxBytes;
    if (channel.bufferedAmount + bytes.length > limit) return false;
    channel.send(bytes);
    return true;
  }
}
