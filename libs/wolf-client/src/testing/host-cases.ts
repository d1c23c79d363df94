import { describe, expect, it } from '@jest/globals';
import type { PullProgress } from '../model/image.js';
import { wolfU64FromText } from '../values/wolf-u64.js';
import type { WolfClientHarness } from './wolf-client-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');
const NOBODY = wolfU64FromText('7');
const SHIFT = 0x10;
const A = 0x41;

/** The part of the suite about what belongs to the host: profiles, pairing, keyboards, images. */
export function hostCases(harness: () => WolfClientHarness): void {
  it('lists profiles without their PINs', async () => {
    const profiles = await harness().client.listProfiles();
    expect(profiles).toContainEqual({ id: 'locked', name: 'Locked', pinRequired: true, appCount: 0 });
    expect(JSON.stringify(profiles)).not.toMatch(/8.?6.?4.?2/);
  });

  it('answers each pairing once, as a second answer would harm Wolf, and lists it no more', async () => {
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
    await expect(client.pairClient({ pairSecret: 'NOBODY', pin: '0419' })).rejects.toMatchObject({
      code: 'WOLF_UNKNOWN_PAIRING',
    });
  });

  it('answers no second time after an answer that was lost, and again after one that was never sent', async () => {
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

  it('unpairs a client once and finds it gone the second time', async () => {
    const { client } = harness();
    expect(await client.listClients()).toMatchObject([
      { id: SESSION, settings: { runUid: 1000, mouseAcceleration: 1 } },
    ]);
    await expect(client.unpairClient(SESSION)).resolves.toBe('unpaired');
    await expect(client.unpairClient(SESSION)).resolves.toBe('already-gone');
    await expect(client.listClients()).resolves.toEqual([]);
  });

  it('tells which keys are down and lets them go', async () => {
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
    expect((await client.resetKeyboard(NOBODY)).releasedKeyNames).toEqual([]);
  });

  it('reads all of the health and memory reports', async () => {
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

  describe('and images', () => {
    it('finds those that Docker has, without their environment, and no others', async () => {
      const { client } = harness();
      const image = await client.inspectImage('desk:dev');
      expect(image).toMatchObject({ tags: ['desk:dev'], digests: [], sizeBytes: 4_294_967_296, os: 'linux' });
      expect(JSON.stringify(image)).not.toContain('hunter2');
      await expect(client.inspectImage('registry.example:5000/team/desk:2@sha256:00')).resolves.toBeUndefined();
    });

    it.each(['a b', 'a=b', 'a?b', 'a&b', 'a%20b', '', '-a', 'ä', 'x'.repeat(256)])(
      'asks for none named %p',
      async (name) => {
        const error = { code: 'WOLF_INVALID_REQUEST' };
        await expect(harness().client.inspectImage(name)).rejects.toMatchObject(error);
        await expect(harness().client.pullImage(name)).rejects.toMatchObject(error);
        expect(harness().requestCount()).toBe(0);
      },
    );

    it('pulls one and tells how far it is', async () => {
      const { client } = harness();
      const told: PullProgress[] = [];
      await client.pullImage('desk:2', { onProgress: (progress) => told.push(progress) });
      expect(told).toEqual([
        { status: 'Pulling from desk:2', id: 'latest' },
        { status: 'Downloading', id: '4f53cda18c2b', doneBytes: 1024, totalBytes: 4096 },
        { status: 'Pull complete', id: '4f53cda18c2b' },
      ]);
      await expect(client.inspectImage('desk:2')).resolves.toMatchObject({ tags: ['desk:2'] });
    });

    it.each([
      ['refused', 'WOLF_PULL_FAILED'],
      ['fails-midway', 'WOLF_PULL_FAILED'],
      ['cut', 'WOLF_PULL_FAILED'],
      ['endless-line', 'WOLF_INVALID_ANSWER'],
    ] as const)('says that a pull failed: %s', async (kind, code) => {
      harness().spoilPulls(kind);
      await expect(harness().client.pullImage('desk:2')).rejects.toMatchObject({ code });
    });

    it.each([
      ['empty', 'WOLF_EMPTY_ANSWER'],
      ['unparseable500', 'WOLF_INVALID_ANSWER'],
      ['unparseable200', 'WOLF_PULL_FAILED'],
    ] as const)('calls an answer to a pull that is %s %s', async (kind, code) => {
      harness().spoilAnswers(kind);
      await expect(harness().client.pullImage('desk:2')).rejects.toMatchObject({ code });
    });

    it('gives a pull up in time, and when its caller does', async () => {
      harness().spoilAnswers('silent');
      await expect(harness().client.pullImage('desk:2', { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'WOLF_TIMEOUT',
      });
      const caller = new AbortController();
      const pull = harness().client.pullImage('desk:2', { signal: caller.signal });
      caller.abort();
      await expect(pull).rejects.toMatchObject({ code: 'WOLF_ABORTED' });
    });
  });
}
