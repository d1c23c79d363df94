import { z } from 'zod';
import type { ListedRunner, WolfLobby } from '../model/lobby.js';
import { listOf, lobbyId, u64 } from './answer.js';

const docker = z.object({
  type: z.literal('docker'),
  name: z.string(),
  image: z.string(),
  mounts: listOf(z.string()),
  env: listOf(z.string()),
  devices: listOf(z.string()),
  ports: listOf(z.string()),
  base_create_json: z.string().nullish(),
});
const process = z.object({ type: z.literal('process'), run_cmd: z.string() });
const other = z.object({ type: z.string() });

/** A runner in an answer. One of a kind that we do not know is no fault of the list it stands in (wolf-api §3.1.1). */
export const listedRunner = z.unknown().transform((value, context): ListedRunner => {
  const { data, error } = other.safeParse(value);
  if (data?.type === 'docker' || data?.type === 'process') {
    const known = z.discriminatedUnion('type', [docker, process]).safeParse(value);
    if (known.success) return toRunner(known.data);
  } else if (error === undefined) {
    return { type: 'other' };
  }
  context.addIssue({ code: 'custom', message: 'not a runner' });
  return z.NEVER;
});

function toRunner(wire: z.infer<typeof docker> | z.infer<typeof process>): ListedRunner {
  if (wire.type === 'process') return { type: 'process', runCommand: wire.run_cmd };
  const { base_create_json: baseCreateJson, ...runner } = wire;
  return { ...runner, ...(typeof baseCreateJson === 'string' && { baseCreateJson }) };
}

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
