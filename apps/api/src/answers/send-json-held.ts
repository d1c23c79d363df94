import type { ServerResponse } from 'node:http';
import type { ByteBudget } from '@helix/external-agent';
import { sendHeld } from './send-held.js';

/**
 * Sends JSON that may be large, as `sendHeld` does; nothing at all for `undefined`.
 * @throws ExternalAgentError BUSY before anything was sent
 */
export function sendJsonHeld(response: ServerResponse, budget: ByteBudget, value: object | undefined): void {
  const body = Buffer.from(value === undefined ? '' : JSON.stringify(value));
  sendHeld(response, budget, {
    kept: body,
    chunks: [body],
    byteCount: body.length,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  });
}
