import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lobbyPinFromText } from '../model/lobby.js';
import { wolfLobbyIdFromText, wolfU64FromText } from '../model/ids.js';
import type { WolfClient } from '../wolf-client.js';
import { eventually } from '@helix/pacing/testing';
import { eventCases } from './event-cases.js';
import { exampleLobby } from './example-lobby.js';
import { hostCases } from './host-cases.js';
import type { SpoiltAnswer, WolfClientHarness } from './wolf-client-harness.js';

const SESSION = wolfU64FromText('10594003729173467913');
/** Differs in the last digit only, which a JavaScript number loses. */
const NEIGHBOUR = wolfU64FromText('10594003729173467912');
const UNKNOWN_SESSION = wolfU64FromText('7');
const NO_LOBBY = wolfLobbyIdFromText('00000000-0000-4000-8000-000000000000');
const PIN = lobbyPinFromText('0419');

/** What every implementation of `WolfClient` must do, over each way to reach Wolf. */
export function wolfClientSuite(name: string, start: () => Promise<WolfClientHarness>): void {
  describe(`a Wolf client over ${name}`, () => {
    let harness: WolfClientHarness;
    let client: WolfClient;

    beforeEach(async () => {
      harness = await start();
      ({ client } = harness);
    });
    afterEach(async () => {
      expect(harness.harmCount()).toBe(0);
      await eventually(() => {
        expect(harness.connectionCount()).toBe(0);
      });
      await harness.close();
    });

    it('lists a created lobby under our field names, without its PIN', async () => {
      const id = await client.createLobby(exampleLobby({ pin: PIN }));
      const [lobby, ...others] = await client.listLobbies();
      expect(others).toEqual([]);
      expect(lobby).toEqual({
        id,
        name: 'Agent 0001',
        multiUser: true,
        startedByProfileId: 'helix-sessions',
        pinRequired: true,
        stopWhenEveryoneLeaves: false,
        runner: {
          type: 'docker',
          name: 'desk-01exampleexampleexample0001',
          image: 'desk:dev',
          mounts: ['/srv/ws/0001:/home/retro/work:rw'],
          env: ['RUN_SWAY=1', 'HELIX_SESSION_ID=ses_01exampleexampleexample0001'],
          devices: ['/dev/uinput:/dev/uinput:mrw'],
          ports: ['9876:9876/tcp'],
          baseCreateJson: '{"Hostname":"desk-0001"}',
        },
        connectedSessionIds: [],
      });
    });

    it('joins and leaves the right session when two ids differ in their last digit', async () => {
      harness.launchSession(SESSION, 'tab-1');
      harness.launchSession(NEIGHBOUR, 'tab-2');
      const lobbyId = await client.createLobby(exampleLobby({ pin: PIN }));
      await client.joinLobby({ lobbyId, sessionId: SESSION, pin: PIN });
      await client.joinLobby({ lobbyId, sessionId: NEIGHBOUR, pin: PIN });
      await client.joinLobby({ lobbyId, sessionId: NEIGHBOUR, pin: PIN });
      await client.leaveLobby({ lobbyId, sessionId: SESSION });
      expect((await client.listLobbies())[0]?.connectedSessionIds).toEqual([NEIGHBOUR]);
    });

    it('rejects a refused join with a code for each reason', async () => {
      harness.launchSession(SESSION, '');
      harness.launchSession(NEIGHBOUR, '');
      const lobbyId = await client.createLobby(exampleLobby({ pin: PIN, multiUser: false }));
      const open = await client.createLobby(exampleLobby());
      const join = (request: Partial<Parameters<WolfClient['joinLobby']>[0]>): Promise<void> =>
        client.joinLobby({ lobbyId, sessionId: SESSION, pin: PIN, ...request });
      await expect(join({ lobbyId: NO_LOBBY })).rejects.toMatchObject({ code: 'WOLF_UNKNOWN_LOBBY' });
      await expect(join({ pin: lobbyPinFromText('4190') })).rejects.toMatchObject({ code: 'WOLF_WRONG_PIN' });
      await expect(client.joinLobby({ lobbyId, sessionId: SESSION })).rejects.toMatchObject({ code: 'WOLF_WRONG_PIN' });
      await expect(join({ lobbyId: open })).rejects.toMatchObject({ code: 'WOLF_WRONG_PIN' });
      await expect(join({ sessionId: UNKNOWN_SESSION })).rejects.toMatchObject({ code: 'WOLF_UNKNOWN_SESSION' });
      await join({});
      await expect(join({ sessionId: NEIGHBOUR })).rejects.toMatchObject({ code: 'WOLF_LOBBY_FULL' });
      await expect(client.joinLobby({ lobbyId: open, sessionId: SESSION })).rejects.toMatchObject({
        code: 'WOLF_IN_OTHER_LOBBY',
        retryable: false,
      });
    });

    it('resolves when the lobby to leave does not exist', async () => {
      await expect(client.leaveLobby({ lobbyId: NO_LOBBY, sessionId: UNKNOWN_SESSION })).resolves.toBeUndefined();
    });

    it('stops a lobby once and then finds it gone; its sessions remain', async () => {
      harness.launchSession(SESSION, 'tab-1');
      const lobbyId = await client.createLobby(exampleLobby({ pin: PIN }));
      await client.joinLobby({ lobbyId, sessionId: SESSION, pin: PIN });
      await expect(client.stopLobby({ lobbyId })).rejects.toMatchObject({ code: 'WOLF_WRONG_PIN' });
      await expect(client.stopLobby({ lobbyId, pin: PIN })).resolves.toBe('stopped');
      await expect(client.stopLobby({ lobbyId, pin: PIN })).resolves.toBe('already-gone');
      await expect(client.listLobbies()).resolves.toEqual([]);
      await expect(client.listSessions()).resolves.toHaveLength(1);
    });

    it('lists sessions without their keys and stops them', async () => {
      harness.launchSession(SESSION, 'tab-1');
      const [session] = await client.listSessions();
      expect(session).toMatchObject({ id: SESSION, clientUniqueId: 'tab-1', width: 1920, idleSeconds: 0 });
      expect(JSON.stringify(session)).not.toMatch(/aes|00112233|1311768467/i);
      await expect(client.stopSession(SESSION)).resolves.toBe('stopped');
      await expect(client.stopSession(SESSION)).resolves.toBe('already-gone');
    });

    it('reads apps, memory and health', async () => {
      harness.launchSession(SESSION, '');
      const lobbyId = await client.createLobby(exampleLobby());
      expect(await client.listApps()).toMatchObject([{ id: '134906179', runner: { type: 'process' } }]);
      expect(await client.memoryReport()).toMatchObject({
        lobbies: [{ lobbyId, resolution: '1920x1080@60' }],
        clients: [{ sessionId: SESSION }],
        gpu: { available: true, encoderAverageFps: 60 },
      });
      expect(await client.healthReport()).toMatchObject({ overallStatus: 'healthy', canCreateNewPipelines: true });
    });

    it('rejects a create that timed out, whose lobby exists', async () => {
      harness.letCreatesTimeOut(10);
      await expect(client.createLobby(exampleLobby())).rejects.toMatchObject({
        code: 'WOLF_CREATE_TIMED_OUT',
        retryable: false,
      });
      expect(await client.listLobbies()).toHaveLength(1);
    });

    it.each<[SpoiltAnswer, string]>([
      ['empty', 'WOLF_EMPTY_ANSWER'],
      ['cut', 'WOLF_INVALID_ANSWER'],
      ['unparseable500', 'WOLF_INVALID_ANSWER'],
      ['unparseable200', 'WOLF_INVALID_ANSWER'],
      ['wrong-shape', 'WOLF_INVALID_ANSWER'],
      ['oversized', 'WOLF_INVALID_ANSWER'],
    ])('an answer that is %s is rejected with %s', async (kind, code) => {
      harness.spoilAnswers(kind);
      await expect(client.listLobbies()).rejects.toMatchObject({ code });
      await expect(client.createLobby(exampleLobby())).rejects.toMatchObject({ code });
    });

    it('retries a read after an empty answer, and never a change', async () => {
      harness.spoilAnswers('empty', 1);
      await expect(client.listLobbies()).resolves.toEqual([]);
      expect(harness.requestCount()).toBe(2);
      harness.spoilAnswers('empty', 1);
      await expect(client.createLobby(exampleLobby())).rejects.toMatchObject({
        code: 'WOLF_EMPTY_ANSWER',
        retryable: false,
      });
      expect(harness.requestCount()).toBe(3);
      expect(await client.listLobbies()).toHaveLength(1);
    });

    it.each(['cut', 'unparseable200'] as const)('retries a read once after a damaged answer: %s', async (kind) => {
      harness.spoilAnswers(kind, 1);
      await expect(client.listLobbies()).resolves.toEqual([]);
      expect(harness.requestCount()).toBe(2);
    });

    it('does not retry the memory report, which may be what harms Wolf', async () => {
      harness.spoilAnswers('empty');
      await expect(client.memoryReport()).rejects.toMatchObject({ code: 'WOLF_EMPTY_ANSWER', retryable: true });
      expect(harness.requestCount()).toBe(1);
    });

    it('times out when Wolf is silent', async () => {
      harness.spoilAnswers('silent');
      const error = { code: 'WOLF_TIMEOUT', retryable: true };
      await expect(client.listLobbies({ timeoutMs: 50 })).rejects.toMatchObject(error);
      await expect(client.createLobby(exampleLobby(), { timeoutMs: 50 })).rejects.toMatchObject(error);
    });

    it('rejects with WOLF_ABORTED when the signal aborts, before or during a call', async () => {
      harness.spoilAnswers('silent');
      const error = { code: 'WOLF_ABORTED', retryable: false };
      await expect(client.listLobbies({ signal: AbortSignal.abort() })).rejects.toMatchObject(error);
      expect(harness.requestCount()).toBe(0);
      const caller = new AbortController();
      const call = client.listLobbies({ signal: caller.signal });
      await eventually(() => {
        expect(harness.requestCount()).toBe(1);
      });
      caller.abort();
      await expect(call).rejects.toMatchObject(error);
    });

    it('rejects when Wolf is gone, retryable for a read', async () => {
      await harness.crash();
      const code = harness.whenCrashed;
      await expect(client.listLobbies()).rejects.toMatchObject({ code, retryable: true });
      // What may have been sent must not be sent blindly again; where it is known that it was not, it may.
      const retryable = code === 'WOLF_UNREACHABLE';
      await expect(client.createLobby(exampleLobby())).rejects.toMatchObject({ code, retryable });
      expect(harness.requestCount()).toBe(0);
    });

    it('gives each of many concurrent calls its own answer', async () => {
      const names = Array.from({ length: 24 }, (_, index) => `Agent ${index.toString()}`);
      const ids = await Promise.all(names.map((each) => client.createLobby(exampleLobby({ name: each }))));
      const lobbies = await client.listLobbies();
      expect(new Set(ids).size).toBe(names.length);
      expect(new Map(lobbies.map((lobby) => [lobby.id, lobby.name]))).toEqual(
        new Map(ids.map((id, index) => [id, names[index]])),
      );
    });

    hostCases(() => harness);
    eventCases(() => harness);
  });
}
