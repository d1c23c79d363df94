import { request } from 'node:http';
import { RUNNER_TIMINGS } from '@helix/revdial';
import type { SocketConnector } from '@helix/revdial';
import { cureOf, describeError } from './finding.js';
import type { Finding } from './finding.js';

/** Certificates and session tokens are judged by the clock; half a minute is what careless clocks differ. */
const SKEW_WARNING_MS = 30_000;
/** Clicks become noticeably late. */
const ROUND_TRIP_WARNING_MS = 250;

/** A plain request: how long it takes, and what time it is there. */
export async function checkAnswer(connector: SocketConnector, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const socket = await connector.connect(signal, RUNNER_TIMINGS.connectTimeoutMs);
    const beganAtMs = performance.now();
    const date = await new Promise<string | undefined>((resolve, reject) => {
      const asked = request(
        {
          createConnection: () => socket,
          method: 'HEAD',
          path: `${connector.server.pathPrefix}/`,
          headers: { Host: connector.server.authority, Connection: 'close' },
          timeout: RUNNER_TIMINGS.handshakeTimeoutMs,
        },
        (response) => {
          response.resume();
          resolve(response.headers.date);
        },
      );
      asked.once('timeout', () => {
        asked.destroy(new Error('no answer'));
      });
      asked.once('error', reject);
      asked.end();
    });
    const roundTripMs = performance.now() - beganAtMs;
    socket.destroy();
    return [roundTrip(roundTripMs), clock(date, roundTripMs)];
  } catch (error) {
    return [{ check: 'http', result: 'failed', detail: describeError(error), cure: cureOf(error) }];
  }
}

function roundTrip(roundTripMs: number): Finding {
  const detail = `${roundTripMs.toFixed(1)} ms for a small request`;
  if (roundTripMs < ROUND_TRIP_WARNING_MS) return { check: 'round-trip', result: 'ok', detail };
  const cure = 'desktops will feel slow: look for a nearer API, or a busy line';
  return { check: 'round-trip', result: 'warning', detail, cure };
}

function clock(date: string | undefined, roundTripMs: number): Finding {
  const thereMs = date === undefined ? NaN : Date.parse(date);
  if (Number.isNaN(thereMs)) return { check: 'clock', result: 'skipped', detail: 'the API does not tell its time' };
  // The header has whole seconds, cut off.
  const skewMs = Date.now() - roundTripMs / 2 - (thereMs + 500);
  const detail = `this machine is ${(Math.abs(skewMs) / 1000).toFixed(0)} s ${skewMs < 0 ? 'behind' : 'ahead of'} the API`;
  if (Math.abs(skewMs) < SKEW_WARNING_MS) return { check: 'clock', result: 'ok', detail };
  return { check: 'clock', result: 'warning', detail, cure: 'let this machine keep time (NTP)' };
}
