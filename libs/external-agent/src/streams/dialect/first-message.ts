import type { DisplaySettings } from '../../session/display-settings.js';
import { LIMITS } from '../../limits.js';
import { parseTaggedMessage } from './tagged-message.js';

/** What is asked of a viewer's stream: the desktop's size and rate, and the wanted bit rate. */
export interface StreamSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
}

/** What the proxy says in a viewer's stead; nothing of it ever comes from the viewer. */
export interface ServerSideIdentity {
  readonly credentials: string;
  /** Fresh for each connection: the host remembers a used one for a while (moonlight-web §2). */
  readonly upstreamSessionId: string;
  readonly clientUniqueId: string;
  readonly hostId: number;
  readonly appId: number;
  /**
   * The desktop's own. Wolf maps the mouse by the size that was asked for and draws into the desktop's: of a stream of another size
   * a part of the desktop could not be pointed at, and the picture has bars of which no viewer knows.
   */
  readonly display: DisplaySettings;
}

export type FirstMessage =
  | { readonly isAccepted: true; readonly text: string; readonly settings: StreamSettings }
  | { readonly isAccepted: false; readonly reason: string };

const FORMATS_KNOWN = 1 | 4 | 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384 | 32768;
const FORMAT_H264 = 1;

const SIZES = {
  bitrate: { min: LIMITS.streamMinBitrateKbps, max: LIMITS.streamMaxBitrateKbps, fallback: 20_000 },
  packetSize: { min: 256, max: 1500, fallback: 1024 },
  videoQueue: { min: 1, max: 256, fallback: 50 },
  audioQueue: { min: 1, max: 256, fallback: 20 },
} as const;

/**
 * Builds Helix's first message from what the viewer sent (moonlight-web §3.2, §8.7): identity, credentials and size are ours,
 * other numbers are brought into range, the rest is left out. What is not exactly one such message is refused.
 */
export function buildHelixFirstMessage(text: string, identity: ServerSideIdentity): FirstMessage {
  return build(text, 'AuthenticateAndInit', identity, (fields, settings) => ({
    AuthenticateAndInit: {
      credentials: identity.credentials,
      session_id: identity.upstreamSessionId,
      mode: 'create',
      client_unique_id: identity.clientUniqueId,
      host_id: identity.hostId,
      app_id: identity.appId,
      bitrate: settings.bitrateKbps,
      packet_size: fields.whole('packet_size', SIZES.packetSize),
      fps: settings.fps,
      width: settings.width,
      height: settings.height,
      video_sample_queue_size: fields.whole('video_sample_queue_size', SIZES.videoQueue),
      audio_sample_queue_size: fields.whole('audio_sample_queue_size', SIZES.audioQueue),
      play_audio_local: fields.flag('play_audio_local'),
      video_supported_formats: formatsOf(fields),
      video_colorspace: fields.word('video_colorspace', ['Rec709', 'Rec601', 'Rec2020']),
      video_color_range_full: fields.flag('video_color_range_full'),
    },
  }));
}

/** The same for upstream version 2, which takes what its later messages do not say (moonlight-web §6). */
export function buildV2FirstMessage(text: string, identity: ServerSideIdentity): FirstMessage {
  return build(text, 'Init', identity, (fields, settings, given) => ({
    Init: {
      host_id: identity.hostId,
      app_id: identity.appId,
      video_frame_queue_size: fields.whole('video_frame_queue_size', SIZES.videoQueue),
      audio_sample_queue_size: fields.whole('audio_sample_queue_size', SIZES.audioQueue),
      // 2.0 wants all of it here, 2.1 and later want none of it.
      ...('bitrate' in given && {
        bitrate: settings.bitrateKbps,
        packet_size: fields.whole('packet_size', SIZES.packetSize),
        fps: settings.fps,
        width: settings.width,
        height: settings.height,
        play_audio_local: fields.flag('play_audio_local'),
        video_supported_formats: formatsOf(fields),
        video_colorspace: fields.word('video_colorspace', ['Rec709', 'Rec601', 'Rec2020']),
        video_color_range_full: fields.flag('video_color_range_full'),
      }),
    },
  }));
}

/** The same for the media socket of upstream version 3 (moonlight-web §6). */
export function buildV3FirstMessage(text: string, identity: ServerSideIdentity): FirstMessage {
  return build(text, 'Request', identity, (fields, settings, given) => ({
    Request: {
      host_id: identity.hostId,
      app_id: identity.appId,
      width: settings.width,
      height: settings.height,
      fps: settings.fps,
      bitrate: settings.bitrateKbps,
      hdr: fields.flag('hdr'),
      // Opaque words and lists of codecs; bounded with the message as a whole.
      ...pick(given, ['local_audio_play_mode', 'supported_codecs', 'preferred_codecs']),
    },
  }));
}

function build(
  text: string,
  variant: string,
  { display }: ServerSideIdentity,
  make: (fields: KnownFields, settings: StreamSettings, given: Readonly<Record<string, unknown>>) => unknown,
): FirstMessage {
  const message = parseTaggedMessage(text);
  const given = message?.content;
  if (message?.variant !== variant || typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { isAccepted: false, reason: `the first message must be {"${variant}":{…}}` };
  }
  const known: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(given));
  const fields = new KnownFields(known);
  try {
    const settings = {
      width: display.width,
      height: display.height,
      fps: display.refreshHz,
      bitrateKbps: fields.whole('bitrate', SIZES.bitrate),
    };
    return { isAccepted: true, text: JSON.stringify(make(fields, settings, known)), settings };
  } catch (error) {
    return { isAccepted: false, reason: error instanceof TypeError ? error.message : 'it cannot be read' };
  }
}

function formatsOf(fields: KnownFields): number {
  const formats =
    fields.whole('video_supported_formats', { min: 0, max: 0xffff, fallback: FORMAT_H264 }) & FORMATS_KNOWN;
  return formats === 0 ? FORMAT_H264 : formats;
}

function pick(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

/**
 * The later message of upstream version 2 that asks for the picture, with the desktop's size in place of the viewer's: flat, or
 * within `settings` by 2.8 (moonlight-web §6). The host reads one of the two, so both are ours. `undefined` for what is neither.
 */
export function sizedStartStream(content: unknown, { width, height, refreshHz }: DisplaySettings): string | undefined {
  const size = { width, height, fps: refreshHz };
  if (!isRecord(content)) return undefined;
  const { settings } = content;
  if (settings === undefined) return JSON.stringify({ StartStream: { ...content, ...size } });
  if (!isRecord(settings)) return undefined;
  return JSON.stringify({ StartStream: { ...content, ...size, settings: { ...settings, ...size } } });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a message's fields one by one with a default for each, so that nothing else of it gets through. */
export class KnownFields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** A number brought to an integer within the range (serde refuses fractions). @throws TypeError for what is no number */
  whole(
    name: string,
    { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
  ): number {
    const value = this.#fields[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`${name} must be a number`);
    return Math.min(max, Math.max(min, Math.round(value)));
  }

  flag(name: string): boolean {
    const value = this.#fields[name] ?? false;
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
    return value;
  }

  /** One of the words; the first of them for anything else. */
  word<T extends string>(name: string, words: readonly [T, ...T[]]): T {
    return words.find((word) => word === this.#fields[name]) ?? words[0];
  }
}
