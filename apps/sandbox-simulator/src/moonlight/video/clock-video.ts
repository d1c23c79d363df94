import { FRAME_MS, KEY_FRAME_MIN_MS } from '../moonlight-limits.js';
import { clockPicture, PICTURE_HEIGHT, PICTURE_WIDTH } from './clock-picture.js';
import { H264Stream } from './h264-stream.js';
import { RtpPacketiser } from './rtp-packetiser.js';

export interface ClockVideoOptions {
  readonly payloadType: number;
  readonly caption: () => readonly string[];
  readonly onPacket: (packet: Buffer) => void;
}

/** A clock as a stream of RTP packets: a whole picture at each second and on demand, and the same again between. */
export class ClockVideo {
  readonly #options: ClockVideoOptions;
  readonly #stream = new H264Stream(PICTURE_WIDTH, PICTURE_HEIGHT);
  readonly #packetiser: RtpPacketiser;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #shownSecond = -1;
  #wholeAt = -Infinity;
  #isWanted = false;

  constructor(options: ClockVideoOptions) {
    this.#options = options;
    this.#packetiser = new RtpPacketiser(options.payloadType);
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#show();
    }, FRAME_MS);
    this.#show();
  }

  /** The next picture is a whole one, as the receiver has lost its own. */
  askForWhole(): void {
    this.#isWanted = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const now = new Date();
    const second = Math.floor(now.getTime() / 1000);
    const elapsedMs = performance.now() - this.#startedAt;
    const isDue = second !== this.#shownSecond || (this.#isWanted && elapsedMs - this.#wholeAt >= KEY_FRAME_MIN_MS);
    const units: Buffer[] = [];
    if (isDue) {
      this.#shownSecond = second;
      this.#wholeAt = elapsedMs;
      this.#isWanted = false;
      units.push(...this.#stream.wholePicture(clockPicture(now, this.#options.caption())));
    } else units.push(this.#stream.unchangedPicture());
    for (const packet of this.#packetiser.picture(units, Math.round(elapsedMs * 90))) this.#options.onPacket(packet);
  }
}
