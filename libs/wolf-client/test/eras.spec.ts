import { localSocketDial, wolfU64FromText } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import { WOLF_ERAS } from '@helix/sandbox-simulator';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');

describe('a Wolf client against every era of Wolf', () => {
  it.each(WOLF_ERAS)('recognises %s by its schema', async (era) => {
    const harness = await simulatedWolfHarness(localSocketDial, { era });
    await expect(harness.client.detectEra()).resolves.toBe(era);
    await harness.close();
  });

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

  it('keeps every digit of an id that the oldest Wolf prints as a number', async () => {
    const harness = await simulatedWolfHarness(localSocketDial, { era: 'u24' });
    await expect(harness.client.listClients()).resolves.toEqual([{ id: SESSION, appStateFolder: 'default' }]);
    harness.launchSession(SESSION, '');
    await expect(harness.client.listSessions()).resolves.toMatchObject([{ id: SESSION, clientUniqueId: '' }]);
    await expect(harness.client.listLobbies()).rejects.toMatchObject({ code: 'WOLF_NOT_FOUND' });
    await harness.close();
  });

  it('finds no era in a schema that can not be read', async () => {
    const harness = await simulatedWolfHarness(localSocketDial);
    harness.spoilAnswers('cut');
    await expect(harness.client.detectEra()).resolves.toBeUndefined();
    await harness.close();
  });
});
