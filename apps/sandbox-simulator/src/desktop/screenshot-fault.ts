import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { ENDLESS_BODY_BYTES, SLOW_DEFAULT_MS } from '../limits.js';

export const SCREENSHOT_FAULT_MODES = [
  'ok',
  'dead',
  'hang',
  'error500',
  'garbage',
  'endless',
  'slow',
  'old',
  'closing',
] as const;

export type ScreenshotFaultMode = (typeof SCREENSHOT_FAULT_MODES)[number];

export interface ScreenshotFault {
  readonly mode: ScreenshotFaultMode;
  /** How long `slow` waits before it answers. */
  readonly delayMs?: number;
}

export function isScreenshotFaultMode(value: unknown): value is ScreenshotFaultMode {
  return SCREENSHOT_FAULT_MODES.some((mode) => mode === value);
}

/** `undefined` when the text names no fault that there is. */
export function parseFault(body: string): ScreenshotFault | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('mode' in parsed)) return undefined;
  if (!isScreenshotFaultMode(parsed.mode)) return undefined;
  const delayMs = 'delayMs' in parsed ? parsed.delayMs : undefined;
  return typeof delayMs === 'number' && delayMs >= 0 ? { mode: parsed.mode, delayMs } : { mode: parsed.mode };
}

/**
 * Plays a fault instead of an answer. Resolves to true when the request is to be answered as usual after all: no
 * fault, or a slow one whose delay is over and whose caller is still there.
 */
export async function playFault(fault: ScreenshotFault, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  switch (fault.mode) {
    // `old` is an image without the newer endpoints, which is for the router to say.
    case 'ok':
    case 'old':
      return true;
    // No fault: many services end their connection after each answer.
    case 'closing':
      res.setHeader('Connection', 'close');
      return true;
    case 'slow':
      await delay(fault.delayMs ?? SLOW_DEFAULT_MS);
      return !res.destroyed;
    case 'dead':
      req.socket.destroy();
      return false;
    case 'hang':
      return false;
    case 'error500':
      res.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('failed to capture the screen\n');
      return false;
    case 'garbage':
      req.socket.end(Buffer.from('\u0000\u0001\u0002this is no HTTP at all\r\n\r\n{]'.repeat(64), 'latin1'));
      return false;
    case 'endless':
      sendEndlessBody(res);
      return false;
    default:
      return fault.mode satisfies never;
  }
}

/** A gigabyte without a declared length, so that only counting can tell that it is too much. */
function sendEndlessBody(res: ServerResponse): void {
  const block = Buffer.alloc(1024 * 1024, 0xa5);
  let leftBytes = ENDLESS_BODY_BYTES;
  const pump = (): void => {
    while (leftBytes > 0 && !res.destroyed) {
      leftBytes -= block.length;
      if (!res.write(block)) {
        res.once('drain', pump);
        return;
      }
    }
    res.end();
  };
  res.writeHead(200, { 'Content-Type': 'image/png' });
  pump();
}
