import type { WolfLobby } from '@helix/wolf-client';
import { markedSessionOf } from '../desktop/desktop-definition.js';

/** A lobby that runs for no session which holds a slot on its host. */
export interface ForeignLobby {
  readonly id: string;
  /** It bears a session's mark: that session may have ended a moment ago, or its lobby is about to be stopped. */
  readonly isMarked: boolean;
}

export function listForeignLobbies(
  lobbies: readonly WolfLobby[],
  holders: ReadonlySet<string>,
): readonly ForeignLobby[] {
  return lobbies.flatMap(({ id, runner }) => {
    const sessionId = runner.type === 'docker' ? markedSessionOf(runner.env) : undefined;
    return sessionId !== undefined && holders.has(sessionId) ? [] : [{ id, isMarked: sessionId !== undefined }];
  });
}
