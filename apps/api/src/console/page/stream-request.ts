import { VIEWER_LIMITS } from './limits.js';
import type { SessionDisplay } from './session-access.js';
import type { Credential } from './credentials.js';

export interface StreamWish extends SessionDisplay {
  /** In kbit/s. */
  readonly bitrate: number;
}

/** A narrower one is a phone's, whose link and battery are spared. */
const LARGE_WINDOW_WIDTH = 1_000;
/** Bits for each pixel of each picture; text stays sharp with the first. */
const BITS_PER_PIXEL = 0.1;
const BITS_PER_PIXEL_SPARED = 0.03;

/**
 * What to ask for: the desktop's own picture, which the page scales. Of another size the host would map the mouse wrongly, so
 * the window decides about the bit rate alone.
 */
export function streamWishFor({ width, height, fps }: SessionDisplay, windowWidth: number): StreamWish {
  const bitsPerPixel = windowWidth < LARGE_WINDOW_WIDTH ? BITS_PER_PIXEL_SPARED : BITS_PER_PIXEL;
  const bitrate = Math.round((width * height * fps * bitsPerPixel) / 1_000);
  const { bitrateMin, bitrateMax } = VIEWER_LIMITS;
  return { width, height, fps, bitrate: Math.max(bitrateMin, Math.min(bitrateMax, bitrate)) };
}

/** Where the stream of a session is opened, below the API's `base`. A browser cannot put a token into a header of a WebSocket, so it goes into the query. */
export function streamUrl(base: URL, sessionId: string, viewerId: string, credential: Credential): string {
  const url = new URL(`api/v1/sessions/${encodeURIComponent(sessionId)}/stream`, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('viewer', viewerId);
  url.searchParams.set('activity', 'reported');
  if (credential.kind === 'share') url.searchParams.set('share', credential.token);
  if (credential.kind === 'token') url.searchParams.set('access_token', credential.token);
  return url.href;
}

/** A random UUID from 16 random bytes; a browser's own maker of them is there on encrypted pages only. */
export function uuidOf(random: Uint8Array): string {
  const bytes = Uint8Array.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
