import { describe, expect, it } from '@jest/globals';
import type { WolfEvent, WolfEventStream } from '../model/event.js';
import { lobbyPinFromText } from '../model/lobby.js';
import { wolfU64FromText } from '../model/ids.js';
import { eventually } from '@helix/pacing/testing';
import { exampleLobby } from './example-lobby.js';
import type { WolfClientHarness } from './wolf-client-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');
const PIN = lobbyPinFromText('0419');

/** The part of the suite about the stream of events. */
export function eventCases(harness: () => WolfClientHarness): void {
  describe('and events', () => {
    it('delivers every event after the stream opened, as ids only', async () => {
      const { client } = harness();
      const events = await client.openEvents();
      const lobbyId = await client.createLobby(exampleLobby({ pin: PIN }));
      harness().launchSession(SESSION, 'tab-1');
      await client.joinLobby({ lobbyId, sessionId: SESSION, pin: PIN });
      harness().askToPair('10.0.0.7');
      const told = await readUntil(events, (event) => event.type === 'pairing-asked');
      expect(told).toEqual([
        { type: 'lobby-created', lobbyId },
        { type: 'session-started', sessionId: SESSION, clientUniqueId: 'tab-1' },
        { type: 'producer-switched', sessionId: SESSION, lobbyId },
        { type: 'lobby-joined', lobbyId, sessionId: SESSION },
        { type: 'pairing-asked', clientIp: '10.0.0.7' },
      ]);
      expect(harness().requestCount()).toBe(3);
    });

    it.each(['not-json', 'oversized', 'interleaved'] as const)('reports damaged events as torn: %s', async (kind) => {
      const events = await harness().client.openEvents();
      harness().spoilEvents(kind);
      harness().launchSession(SESSION, '');
      harness().launchSession(SESSION, '');
      harness().spoilEvents('normal');
      harness().askToPair('10.0.0.7');
      const told = await readUntil(events, (event) => event.type === 'pairing-asked');
      expect(told.filter((event) => event.type === 'torn').length).toBeGreaterThan(0);
      expect(told.filter((event) => event.type === 'session-started')).toEqual([]);
    });

    it('drops the pings of streams', async () => {
      const events = await harness().client.openEvents();
      harness().spoilEvents('pings');
      harness().launchSession(SESSION, '');
      harness().askToPair('10.0.0.7');
      const told = await readUntil(events, (event) => event.type === 'pairing-asked');
      expect(told.map((event) => event.type)).toEqual(['session-started', 'pairing-asked']);
    });

    it('rejects when the stream was closed by Wolf, or is silent', async () => {
      const { client } = harness();
      const cut = client.openEvents().then((events) => readUntil(events, () => false));
      await eventually(() => {
        expect(harness().listenerCount()).toBe(1);
      });
      harness().cutEvents();
      await expect(cut).rejects.toMatchObject({ code: 'WOLF_EVENTS_ENDED', retryable: true });
      const silent = client.openEvents({ silenceLimitMs: 60 }).then((events) => readUntil(events, () => false));
      await expect(silent).rejects.toMatchObject({ code: 'WOLF_EVENTS_SILENT', retryable: true });
    });

    it('ends without an error and disconnects on close and on abort', async () => {
      const { client } = harness();
      const closed = await client.openEvents();
      const read = readUntil(closed, () => false);
      closed.close();
      closed.close();
      await expect(read).resolves.toEqual([]);
      const caller = new AbortController();
      const left = await client.openEvents({ signal: caller.signal });
      const readLeft = readUntil(left, () => false);
      caller.abort();
      await expect(readLeft).resolves.toEqual([]);
      await eventually(() => {
        expect(harness().connectionCount()).toBe(0);
      });
    });

    it('rejects without an events endpoint, in silence, and without a Wolf', async () => {
      const { client } = harness();
      harness().spoilEvents('absent');
      await expect(client.openEvents()).rejects.toMatchObject({ code: 'WOLF_NOT_FOUND' });
      harness().spoilAnswers('silent', 1);
      await expect(client.openEvents({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'WOLF_TIMEOUT' });
      harness().spoilAnswers('unparseable200', 1);
      await expect(client.openEvents()).rejects.toMatchObject({ code: 'WOLF_INVALID_ANSWER' });
      await expect(client.openEvents({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'WOLF_ABORTED' });
      await harness().crash();
      await expect(client.openEvents()).rejects.toMatchObject({ code: harness().whenCrashed, retryable: true });
    });
  });
}

/** The events up to the one that is waited for; after it the stream is left. */
async function readUntil(
  events: WolfEventStream,
  isLast: (event: WolfEvent) => boolean,
): Promise<readonly WolfEvent[]> {
  const told: WolfEvent[] = [];
  for await (const event of events) {
    told.push(event);
    if (isLast(event)) break;
  }
  return told;
}
