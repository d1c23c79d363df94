import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { HttpWolfClient, lobbyPinFromText, localSocketDial } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import type { SessionId } from '../../src/index.js';

/** A lobby that bears a session's marker and was not made by us. */
export async function makeLobbyOf(wolf: SimulatedWolf, id: SessionId, pin: string): Promise<void> {
  const { runner } = exampleLobby();
  await new HttpWolfClient(localSocketDial(wolf.socketPath)).createLobby(
    exampleLobby({
      pin: lobbyPinFromText(pin),
      runner: { ...(runner.type === 'docker' ? runner : fail()), env: [`HELIX_SESSION_ID=${id}`] },
    }),
  );
}

function fail(): never {
  throw new Error('the example lobby runs a container');
}
