import {
  HttpWolfClient,
  localSocketDial,
  lobbyPinFromText,
  wolfLobbyIdFromText,
  wolfU64FromText,
} from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';

/** Someone else at a host's Wolf, who goes to its socket rather than through the API. */
export class ForeignClient {
  private readonly client: HttpWolfClient;

  constructor(socketPath: string) {
    this.client = new HttpWolfClient(localSocketDial(socketPath));
  }

  /** A lobby with this environment, open or with this PIN. */
  async createLobby(env: readonly string[], pin?: string): Promise<string> {
    return await this.client.createLobby(
      exampleLobby({
        runner: { type: 'docker', name: 'foreign', image: 'desk:dev', mounts: [], env, devices: [], ports: [] },
        ...(pin !== undefined && { pin: lobbyPinFromText(pin) }),
      }),
    );
  }

  async join(lobbyId: string, streamId: string, pin: string): Promise<void> {
    await this.client.joinLobby({
      lobbyId: wolfLobbyIdFromText(lobbyId),
      sessionId: wolfU64FromText(streamId),
      pin: lobbyPinFromText(pin),
    });
  }
}
