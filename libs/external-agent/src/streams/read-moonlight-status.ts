import { parseForeignJson, type JsonLimits } from '@helix/revdial';
import { LIMITS } from '../limits.js';

/** Each stream and identity has some ten keys. */
const STATUS_JSON: JsonLimits = {
  maxBytes: LIMITS.moonlightStatusMaxBytes,
  maxKeys: 16 * LIMITS.moonlightStatusMaxEntries,
  maxValues: 16 * LIMITS.moonlightStatusMaxEntries,
};

export interface MoonlightStream {
  readonly sessionId: string;
  readonly clientUniqueId: string | undefined;
  /** With which it was made: `create`, `keepalive` or `join`. */
  readonly mode: string;
  readonly hasWebSocket: boolean;
  readonly streamerPid: number | undefined;
  readonly isStreamerAlive: boolean;
}

export interface MoonlightStatusReport {
  /** Identities that it remembers certificates of; an older one tells of none. */
  readonly clientUniqueIds: readonly string[];
  readonly streams: readonly MoonlightStream[];
}

/**
 * The answer to either question of a host's streams (moonlight-web §1); `undefined` for anything else. An older Moonlight Web
 * has a stream in its list only as long as its child runs, so those of it count as alive.
 */
export function readMoonlightStatus(json: Buffer): MoonlightStatusReport | undefined {
  const answer = parsed(json);
  if (typeof answer !== 'object' || answer === null || !('sessions' in answer)) return undefined;
  const streams = listOf(answer.sessions, readStream);
  const clientUniqueIds = 'clients' in answer ? listOf(answer.clients, readClient) : [];
  return streams === undefined || clientUniqueIds === undefined ? undefined : { clientUniqueIds, streams };
}

function parsed(json: Buffer): unknown {
  try {
    return parseForeignJson(json, STATUS_JSON);
  } catch {
    return undefined;
  }
}

function listOf<T>(value: unknown, read: (entry: object) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > LIMITS.moonlightStatusMaxEntries) return undefined;
  const entries = value.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null ? read(entry) : undefined,
  );
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

function readClient(entry: object): string | undefined {
  return 'client_unique_id' in entry && typeof entry.client_unique_id === 'string' ? entry.client_unique_id : undefined;
}

function readStream(entry: object): MoonlightStream | undefined {
  if (!('session_id' in entry) || !('mode' in entry) || !('has_websocket' in entry)) return undefined;
  const { session_id: sessionId, mode, has_websocket: hasWebSocket } = entry;
  if (typeof sessionId !== 'string' || typeof mode !== 'string' || typeof hasWebSocket !== 'boolean') return undefined;
  const pid = 'streamer_pid' in entry ? entry.streamer_pid : undefined;
  const alive = 'streamer_alive' in entry ? entry.streamer_alive : undefined;
  return {
    sessionId,
    clientUniqueId: readClient(entry),
    mode,
    hasWebSocket,
    streamerPid: typeof pid === 'number' && Number.isSafeInteger(pid) ? pid : undefined,
    isStreamerAlive: alive !== false,
  };
}
