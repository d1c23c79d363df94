import { FRAME_MS, KEY_FRAME_MIN_MS } from '../moonlight-limits.js';
import { H264Stream } from './h264-stream.js';
import { RtpPacketiser } from './rtp-packetiser.js';
import { YuvPicture } from './yuv-picture.js';

export const PICTURE_WIDTH = 320;
export const PICTURE_HEIGHT = 192;

const BACKGROUND = [40, 140, 118] as const;
const BRIGHT = 225;
const DIM = 160;

/** The time in UTC, and below it what else is to be known of the stream. */
function clockPicture(now: Date, caption: readonly string[]): YuvPicture {
  const picture = new YuvPicture(PICTURE_WIDTH, PICTURE_HEIGHT, BACKGROUND);
  picture.text(18, 24, now.toISOString().slice(11, 19), 6, BRIGHT);
  for (const [index, line] of caption.entries()) picture.text(18, 96 + index * 40, line, 2, DIM);
  return picture;
}

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
