import {
  localSocketDial,
  type CreateLobbyRequest,
  type DockerRunner,
  type LobbyPin,
  type LobbyVideo,
  type WolfLobbyId,
  type WolfU64,
} from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';

function withRunner(changes: Partial<DockerRunner>): Partial<CreateLobbyRequest> {
  return { runner: { ...(exampleLobby().runner as DockerRunner), ...changes } };
}

function withVideo(changes: Partial<LobbyVideo>): Partial<CreateLobbyRequest> {
  return { video: { ...exampleLobby().video, ...changes } };
}

describe('requests that would harm Wolf', () => {
  let harness: Awaited<ReturnType<typeof simulatedWolfHarness>>;
  beforeEach(async () => {
    harness = await simulatedWolfHarness(localSocketDial);
  });
  afterEach(async () => {
    expect(harness.requestCount()).toBe(0);
    await harness.close();
  });

  it.each<[string, Partial<CreateLobbyRequest>]>([
    ['a mount without a colon', withRunner({ mounts: ['/srv'] })],
    ['a mount without a destination', withRunner({ mounts: ['/srv:'] })],
    ['a device without a colon', withRunner({ devices: ['/dev/uinput'] })],
    ['a port without a colon', withRunner({ ports: ['9876'] })],
    ['a port that is no number', withRunner({ ports: ['a:b'] })],
    ['a variable without a name', withRunner({ env: ['=x'] })],
    ['a variable with a control character', withRunner({ env: ['A=b\u0000c'] })],
    ['a lone surrogate', withRunner({ env: ['A=\ud800'] })],
    ['a list that is none', withRunner({ env: null as unknown as string[] })],
    ['JSON for Docker that is broken', withRunner({ baseCreateJson: '{' })],
    ['JSON for Docker that is no object', withRunner({ baseCreateJson: '[]' })],
    ['an empty image', withRunner({ image: '' })],
    ['too many variables', withRunner({ env: Array.from({ length: 2000 }, () => 'A=b') })],
    ['a body that is too long', withRunner({ env: Array.from({ length: 20 }, () => `A=${'b'.repeat(100_000)}`) })],
    ['a newline in the name', { name: 'Agent\n' }],
    ['an empty render node', withVideo({ waylandRenderNode: '' })],
    ['empty buffer caps', withVideo({ videoProducerBufferCaps: '' })],
    ['a fraction of a pixel', withVideo({ width: 1920.5 })],
    ['an unknown source mode', withVideo({ videoSourceMode: 'x11' as 'wayland' })],
    ['three audio channels', { audio: { channelCount: 3 as 2 } }],
    ['a PIN of text', { pin: '0419' as unknown as LobbyPin }],
    ['a PIN of no digits', { pin: [] as unknown as LobbyPin }],
  ])('are not sent: %s', async (_case, changes) => {
    await expect(harness.client.createLobby(exampleLobby(changes))).rejects.toMatchObject({
      code: 'WOLF_INVALID_REQUEST',
      retryable: false,
    });
  });

  it.each(['abc', '12abc', '-1', '', '18446744073709551616', '99999999999999999999999'])(
    'are not sent: session id %p',
    async (text) => {
      const error = { code: 'WOLF_INVALID_REQUEST' };
      const sessionId = text as WolfU64;
      const lobbyId = '7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3' as WolfLobbyId;
      await expect(harness.client.stopSession(sessionId)).rejects.toMatchObject(error);
      await expect(harness.client.joinLobby({ lobbyId, sessionId })).rejects.toMatchObject(error);
      await expect(harness.client.leaveLobby({ lobbyId, sessionId })).rejects.toMatchObject(error);
    },
  );

  it('are not sent: a lobby id that is no UUID, a limit that is none', async () => {
    const error = { code: 'WOLF_INVALID_REQUEST' };
    await expect(harness.client.stopLobby({ lobbyId: 'x' as WolfLobbyId })).rejects.toMatchObject(error);
    await expect(harness.client.listLobbies({ timeoutMs: Number.NaN })).rejects.toMatchObject(error);
  });

  it('tell the field and never its value', async () => {
    const call = harness.client.createLobby(exampleLobby(withRunner({ env: ['A=b', 'TOKEN=hunter2\u0007'] })));
    await expect(call).rejects.toThrow('runner.env[1] has a control character');
    await expect(call).rejects.not.toThrow('hunter2');
  });
});
