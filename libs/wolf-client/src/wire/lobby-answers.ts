import { z } from 'zod';
import type { WolfLobby } from '../model/lobby.js';
import { listedRunner } from './runner-answer.js';
import { listOf, lobbyId, u64 } from './scalars.js';

const lobby = z
  .object({
    id: lobbyId,
    name: z.string(),
    icon_png_path: z.string().nullish(),
    multi_user: z.boolean(),
    started_by_profile_id: z.string(),
    pin_required: z.boolean(),
    stop_when_everyone_leaves: z.boolean(),
    runner: listedRunner,
    connected_sessions: listOf(u64),
  })
  .transform((wire): WolfLobby => {
    const icon = wire.icon_png_path;
    return {
      id: wire.id,
      name: wire.name,
      ...(typeof icon === 'string' && { iconPngPath: icon }),
      multiUser: wire.multi_user,
      startedByProfileId: wire.started_by_profile_id,
      pinRequired: wire.pin_required,
      stopWhenEveryoneLeaves: wire.stop_when_everyone_leaves,
      runner: wire.runner,
      connectedSessionIds: wire.connected_sessions,
    };
  });

/** `GET /lobbies` (wolf-api §3.5). */
export const lobbiesAnswer = z.object({ lobbies: listOf(lobby) }).transform((wire) => wire.lobbies);

/** `POST /lobbies/create`. */
export const lobbyCreatedAnswer = z.object({ lobby_id: lobbyId }).transform((wire) => wire.lobby_id);

/** Answers that say no more than that it worked. */
export const doneAnswer = z.unknown().transform(() => undefined);
