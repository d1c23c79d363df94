import { z } from 'zod';
import type { WolfEvent } from '../model/event.js';
import { parseWolfLobbyId } from '../model/ids.js';
import type { EventFrame } from './event-frames.js';
import { parseJsonText } from './json-text.js';
import { lobbyId, u64 } from './answer.js';

const TORN: WolfEvent = { type: 'torn' };
const NAME_SPACE = 'wolf::core::events::';
/** Frequent while a stream runs (wolf-api §5.3). */
const PING = /^RTP(?:Video|Audio)PingEvent$/;
const NAME = /^[A-Za-z0-9_:]{1,100}$/;

const ofLobby = z.object({ lobby_id: lobbyId });
const ofSession = z.object({ session_id: u64 });
const ofMembership = z.object({ lobby_id: lobbyId, moonlight_session_id: u64 });
const ofImage = z.object({ image_name: z.string().max(1024) });

/** What is read of each event, which is all that leaves here: PINs, environments and keys stand beside it. */
const READERS: Readonly<Record<string, z.ZodType<WolfEvent>>> = {
  // The one whose lobby is under another key.
  CreateLobbyEvent: z.object({ id: lobbyId }).transform(({ id }) => ({ type: 'lobby-created', lobbyId: id })),
  StopLobbyEvent: ofLobby.transform((wire) => ({ type: 'lobby-stopped', lobbyId: wire.lobby_id })),
  JoinLobbyEvent: ofMembership.transform((wire) => ({
    type: 'lobby-joined',
    lobbyId: wire.lobby_id,
    sessionId: wire.moonlight_session_id,
  })),
  LeaveLobbyEvent: ofMembership.transform((wire) => ({
    type: 'lobby-left',
    lobbyId: wire.lobby_id,
    sessionId: wire.moonlight_session_id,
  })),
  SwitchStreamProducerEvents: ofSession.extend({ interpipe_src_id: z.string() }).transform((wire) => ({
    type: 'producer-switched',
    sessionId: wire.session_id,
    ...lobbyIn(wire.interpipe_src_id),
  })),
  StreamSession: z.object({ client_id: u64, client_unique_id: z.string().nullish() }).transform((wire) => ({
    type: 'session-started',
    sessionId: wire.client_id,
    clientUniqueId: wire.client_unique_id ?? '',
  })),
  StopStreamEvent: ofSession.transform((wire) => ({ type: 'session-stopped', sessionId: wire.session_id })),
  PauseStreamEvent: ofSession.transform((wire) => ({ type: 'session-paused', sessionId: wire.session_id })),
  ResumeStreamEvent: ofSession.transform((wire) => ({ type: 'session-resumed', sessionId: wire.session_id })),
  StartRunner: ofSession.transform((wire) => ({ type: 'runner-started', sessionId: wire.session_id })),
  PairSignal: z
    .object({ client_ip: z.string().max(100) })
    .transform((wire) => ({ type: 'pairing-asked', clientIp: wire.client_ip })),
  DockerPullImageStartEvent: ofImage.transform((wire) => ({ type: 'image-pull-began', imageName: wire.image_name })),
  DockerPullImageEndEvent: ofImage
    .extend({ success: z.boolean() })
    .transform((wire) => ({ type: 'image-pull-ended', imageName: wire.image_name, success: wire.success })),
};

/** The event in a frame (wolf-api §5.3); `undefined` for the pings of streams, which are dropped unread. */
export function readEvent(frame: EventFrame): WolfEvent | undefined {
  if (frame.kind === 'torn' || !NAME.test(frame.name)) return TORN;
  const name = frame.name.startsWith(NAME_SPACE) ? frame.name.slice(NAME_SPACE.length) : frame.name;
  if (PING.test(name)) return undefined;
  let payload: unknown;
  try {
    payload = parseJsonText(frame.data);
  } catch {
    return TORN;
  }
  if (!Object.hasOwn(READERS, name)) return { type: 'other', name };
  return READERS[name]?.safeParse(payload).data ?? TORN;
}

function lobbyIn(sourceId: string): { readonly lobbyId?: NonNullable<ReturnType<typeof parseWolfLobbyId>> } {
  const id = parseWolfLobbyId(sourceId);
  return id === undefined ? {} : { lobbyId: id };
}
