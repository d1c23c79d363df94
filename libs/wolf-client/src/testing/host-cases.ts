import { expect, it } from '@jest/globals';
import { wolfU64FromText } from '../model/ids.js';
import type { WolfClientHarness } from './wolf-client-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');
const UNKNOWN_SESSION = wolfU64FromText('7');
const SHIFT = 0x10;
const A = 0x41;

/** The part of the suite about what belongs to the host: pairing, keyboards, reports. */
export function hostCases(harness: () => WolfClientHarness): void {
  it('refuses a second answer to a pairing, and no longer lists it', async () => {
    const { client } = harness();
    const pairSecret = harness().askToPair('10.0.0.7');
    harness().askToPair('10.0.0.8');
    expect(await client.listPendingPairings()).toContainEqual({ pairSecret, clientIp: '10.0.0.7' });
    const both = [client.pairClient({ pairSecret, pin: '0419' }), client.pairClient({ pairSecret, pin: '0420' })];
    const [first, second] = await Promise.allSettled(both);
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'WOLF_PAIRING_ANSWERED' } });
    expect(harness().answeredPin('10.0.0.7')).toBe('0419');
    expect(await client.listPendingPairings()).toMatchObject([{ clientIp: '10.0.0.8' }]);
    await expect(client.pairClient({ pairSecret: 'UNKNOWN', pin: '0419' })).rejects.toMatchObject({
      code: 'WOLF_UNKNOWN_PAIRING',
    });
  });

  it('answers again only when the first answer was never sent', async () => {
    const { client } = harness();
    const lost = harness().askToPair('10.0.0.7');
    harness().spoilAnswers('empty', 1);
    await expect(client.pairClient({ pairSecret: lost, pin: '0419' })).rejects.toMatchObject({
      code: 'WOLF_EMPTY_ANSWER',
    });
    await expect(client.pairClient({ pairSecret: lost, pin: '0419' })).rejects.toMatchObject({
      code: 'WOLF_PAIRING_ANSWERED',
    });
    const pairSecret = harness().askToPair('10.0.0.8');
    await expect(client.pairClient({ pairSecret, pin: '0419' }, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'WOLF_ABORTED' },
    );
    await expect(client.pairClient({ pairSecret, pin: '419' })).rejects.toMatchObject({ code: 'WOLF_INVALID_REQUEST' });
    await client.pairClient({ pairSecret, pin: '0419' });
  });

  it('lists pressed keys and releases them by a reset', async () => {
    const { client } = harness();
    harness().launchSession(SESSION, 'tab-1');
    harness().pressKeys(SESSION, [SHIFT, A]);
    const down = {
      pressedKeys: [SHIFT, A],
      pressedKeyNames: ['SHIFT', 'A'],
      modifiers: { shift: true, ctrl: false, alt: false, meta: false },
    };
    expect(await client.keyboardState()).toMatchObject([
      { sessionId: SESSION, ...down, wolf: down, evdev: { pressedKeys: [] }, hasMismatch: true },
    ]);
    expect((await client.resetKeyboard(SESSION)).releasedKeyNames).toEqual(['SHIFT', 'A']);
    expect(await client.keyboardState()).toMatchObject([{ pressedKeys: [], hasMismatch: false }]);
    expect((await client.resetKeyboard(UNKNOWN_SESSION)).releasedKeyNames).toEqual([]);
  });

  it('reads all fields of the health and memory reports', async () => {
    const [{ threads }, { apps }] = [await harness().client.healthReport(), await harness().client.memoryReport()];
    expect(threads).toContainEqual({
      tid: 1,
      name: 'API server',
      details: '',
      secondsSinceHeartbeat: 0,
      secondsAlive: 60,
      heartbeatCount: 60,
      isStuck: false,
      currentRequestPath: '/api/v1/system/health',
      requestDurationSeconds: expect.any(Number),
      hasActiveRequest: true,
      stackTrace: expect.any(String),
    });
    expect(apps).toEqual([
      { appId: '134906179', name: 'Select Agent', resolution: 'N/A', clientCount: 0, memoryBytes: 0 },
    ]);
  });
}
