import { parseForeignJson, SMALL_JSON } from '@helix/revdial';
import { PROVIDER_ANSWER_MAX_BYTES, PROVIDER_LIMIT_MS } from './limits.js';

const PROVIDER_ANSWER = { ...SMALL_JSON, maxBytes: PROVIDER_ANSWER_MAX_BYTES };

/**
 * What the URL answers, as JSON of nobody knows what. Follows no redirect: the URL is one that was checked.
 * @throws Error when the answer is no 200, no JSON, too long, or too late
 */
export async function fetchJson(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(PROVIDER_LIMIT_MS);
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the provider answered ${String(response.status)}`);
  }
  const body: AsyncIterable<Uint8Array> = response.body;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > PROVIDER_ANSWER_MAX_BYTES) {
      // Leaving the loop ends the answer.
      throw new Error(`the provider answered more than ${String(PROVIDER_ANSWER_MAX_BYTES)} bytes`);
    }
    pieces.push(piece);
  }
  return parseForeignJson(Buffer.concat(pieces, length), PROVIDER_ANSWER);
}
