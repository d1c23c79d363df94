import type { ServerResponse } from 'node:http';
import { EXTERNAL_AGENT_LIMITS, type MoonlightAnswer } from '@helix/external-agent';
import { RevDialError } from '@helix/revdial';
import { API_LIMITS } from '../limits.js';

/**
 * Passes an answer on piece by piece, each as it came and at once: clients of a pairing parse what one read gives them
 * (moonlight-web §1.1). Resolves when all was written, or the caller has left or was cut for reading nothing; the host
 * hears of either.
 * @throws RevDialError when the host broke off; cut the caller then, who would take the answer for complete
 */
export async function sendMoonlightAnswer(
  response: ServerResponse,
  answer: MoonlightAnswer,
  stallMs: number = API_LIMITS.answerStallMs,
): Promise<void> {
  try {
    if (!response.destroyed) await send(response, answer, stallMs);
  } finally {
    answer.body.destroy();
  }
}

async function send(
  response: ServerResponse,
  { status, headers, body }: MoonlightAnswer,
  stallMs: number,
): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // Some proxies gather an answer before they pass it on.
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  if (body.errored !== null) throw body.errored;
  let byteCount = 0;
  let stall: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    body.on('data', (piece: Buffer) => {
      byteCount += piece.length;
      if (byteCount > EXTERNAL_AGENT_LIMITS.moonlightAnswerMaxBytes) {
        body.destroy(new RevDialError('UPSTREAM_TOO_LARGE', 'the answer of the host’s Moonlight Web is too large'));
      } else if (!response.write(piece)) {
        body.pause();
        stall = setTimeout(() => response.destroy(), stallMs);
      }
    });
    response.on('drain', () => {
      clearTimeout(stall);
      body.resume();
    });
    body.once('error', reject);
    body.once('end', () => {
      response.end();
      resolve();
    });
    response.once('close', () => {
      clearTimeout(stall);
      resolve();
    });
  });
}
