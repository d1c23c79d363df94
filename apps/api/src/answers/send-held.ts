import type { ServerResponse } from 'node:http';
import type { ByteBudget } from '@helix/external-agent';

/** What is sent; `kept` names what it takes memory for, so that those who are sent the same are counted once. */
interface HeldAnswer {
  readonly kept: object;
  readonly chunks: readonly Buffer[];
  readonly byteCount: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends a large answer, which counts in the budget until its caller has read it or is gone: the socket of one who does not
 * read keeps all of it.
 * @throws ExternalAgentError BUSY before anything was sent
 */
export function sendHeld(response: ServerResponse, budget: ByteBudget, answer: HeldAnswer): void {
  if (response.destroyed) return;
  response.once('close', budget.hold(answer.kept, answer.byteCount));
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('Content-Length', answer.byteCount);
  response.statusCode = 200;
  // Headers and all pieces leave in as few writes as the socket takes.
  response.cork();
  for (const chunk of answer.chunks) response.write(chunk);
  response.end();
  response.uncork();
}

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
