import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedWolf, type SimulatedWolfOptions } from '@helix/sandbox-simulator';
import { HttpWolfClient, type WolfDial } from '@helix/wolf-client';
import type { WolfClientHarness } from '@helix/wolf-client/testing';

/** A simulated Wolf and a client that dials it as the test chooses. */
export async function simulatedWolfHarness(
  dialTo: (socketPath: string) => WolfDial,
  options: Partial<SimulatedWolfOptions> = {},
): Promise<WolfClientHarness & { readonly wolf: SimulatedWolf }> {
  const folder = await mkdtemp(join(tmpdir(), 'wolf-'));
  const wolf = new SimulatedWolf({ socketPath: join(folder, 'wolf.sock'), ...options });
  await wolf.start();
  return {
    wolf,
    client: new HttpWolfClient(dialTo(wolf.socketPath)),
    launchSession: (clientId, clientUniqueId) => {
      wolf.launchSession({ clientId, clientUniqueId });
    },
    spoilAnswers: (kind, count) => {
      wolf.faults.answer = { kind, ...(count !== undefined && { count }) };
    },
    letCreatesTimeOut: (afterMs) => {
      Object.assign(wolf.faults, { createTimesOutLeavingLobby: true, createTimeoutMs: afterMs });
    },
    askToPair: (clientIp) => wolf.askToPair(clientIp),
    answeredPin: (clientIp) => wolf.answeredPin(clientIp),
    pressKeys: (sessionId, keys) => {
      wolf.pressKeys(sessionId, keys);
    },
    spoilEvents: (kind) => {
      wolf.faults.events = kind;
    },
    cutEvents: () => {
      wolf.cutEvents();
    },
    listenerCount: () => wolf.listenerCount,
    crash: () => wolf.crash(),
    whenCrashed: 'WOLF_UNREACHABLE',
    requestCount: () => wolf.requestCount,
    connectionCount: () => wolf.connectionCount,
    harmCount: () => wolf.uncaughtExceptionCount + wolf.suspectIdCount,
    close: async () => {
      await wolf.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
