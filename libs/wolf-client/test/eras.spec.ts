import { localSocketDial, wolfU64FromText } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import { WOLF_ERAS } from '@helix/sandbox-simulator';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');

describe('a Wolf client against every era of Wolf', () => {
  it.each(WOLF_ERAS.filter((era) => era !== 'u24'))('creates, joins, leaves and stops in %s', async (era) => {
    const harness = await simulatedWolfHarness(localSocketDial, { era });
    const { client } = harness;
    harness.launchSession(SESSION, 'tab-1');
    const lobbyId = await client.createLobby(exampleLobby());
    await client.joinLobby({ lobbyId, sessionId: SESSION });
    await client.leaveLobby({ lobbyId, sessionId: SESSION });
    await expect(client.listSessions()).resolves.toHaveLength(1);
    await expect(client.stopLobby({ lobbyId })).resolves.toBe('stopped');
    expect(harness.harmCount()).toBe(0);
    await harness.close();
  });

  it('reads sessions of the oldest Wolf, which has no lobbies', async () => {
    const harness = await simulatedWolfHarness(localSocketDial, { era: 'u24' });
    harness.launchSession(SESSION, '');
    await expect(harness.client.listSessions()).resolves.toMatchObject([{ id: SESSION, clientUniqueId: '' }]);
    await expect(harness.client.listLobbies()).rejects.toMatchObject({ code: 'WOLF_NOT_FOUND' });
    await harness.close();
  });

  it.each(WOLF_ERAS)('reads pending pairings and answers them in %s', async (era) => {
    const harness = await simulatedWolfHarness(localSocketDial, { era });
    const pairSecret = harness.askToPair('10.0.0.7');
    await expect(harness.client.listPendingPairings()).resolves.toEqual([{ pairSecret, clientIp: '10.0.0.7' }]);
    await harness.client.pairClient({ pairSecret, pin: '0419' });
    expect(harness.answeredPin('10.0.0.7')).toBe('0419');
    await harness.close();
  });

  it.each(WOLF_ERAS)('follows the events of %s', async (era) => {
    const harness = await simulatedWolfHarness(localSocketDial, { era });
    const events = await harness.client.openEvents();
    harness.launchSession(SESSION, 'tab-1');
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'session-started', sessionId: SESSION });
      break;
    }
    await harness.close();
  });

  it.each(WOLF_ERAS.filter((era) => era !== 'u24'))('reads keyboards, flat or in layers, in %s', async (era) => {
    const harness = await simulatedWolfHarness(localSocketDial, { era });
    harness.launchSession(SESSION, 'tab-1');
    harness.pressKeys(SESSION, [0x11]);
    const [keyboard] = await harness.client.keyboardState();
    expect(keyboard).toMatchObject({ pressedKeyNames: ['CTRL'], modifiers: { ctrl: true } });
    expect([keyboard?.hasMismatch, keyboard?.wolf?.pressedKeys]).toEqual(
      era === 'nov25' ? [undefined, undefined] : [true, [0x11]],
    );
    await expect(harness.client.resetKeyboard(SESSION)).resolves.toMatchObject({ releasedKeyNames: ['CTRL'] });
    expect(harness.harmCount()).toBe(0);
    await harness.close();
  });

  it('rejects younger endpoints with WOLF_NOT_FOUND at the oldest Wolf', async () => {
    const harness = await simulatedWolfHarness(localSocketDial, { era: 'u24' });
    const { client } = harness;
    for (const call of [client.keyboardState(), client.resetKeyboard(SESSION)]) {
      await expect(call).rejects.toMatchObject({ code: 'WOLF_NOT_FOUND' });
    }
    await harness.close();
  });
});
