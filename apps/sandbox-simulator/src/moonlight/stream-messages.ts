/** Which Moonlight Web it is: `K`, the branch that Helix runs, or `H`, the one before (moonlight-web, top). */
export const MOONLIGHT_DIALECTS = ['K', 'H'] as const;

export type MoonlightDialect = (typeof MOONLIGHT_DIALECTS)[number];

export interface MoonlightApp {
  readonly app_id: number;
  readonly title: string;
  readonly is_hdr_supported: boolean;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

/** What the server says on the stream's WebSocket, as it stands on the wire (moonlight-web §3.3). */
export type ServerMessage =
  | { readonly WebRtcConfig: { readonly ice_servers: readonly IceServer[] } }
  | { readonly Signaling: { readonly Description: { readonly ty: 'offer' | 'answer'; readonly sdp: string } } }
  | {
      readonly Signaling: {
        readonly AddIceCandidate: {
          readonly candidate: string;
          readonly sdp_mid: '';
          readonly sdp_mline_index: 0;
          readonly username_fragment: null;
        };
      };
    }
  | { readonly UpdateApp: { readonly app: MoonlightApp } }
  | { readonly StageStarting: { readonly stage: string } }
  | { readonly StageComplete: { readonly stage: string } }
  | { readonly StageFailed: { readonly stage: string; readonly error_code: number } }
  | {
      readonly ConnectionComplete: {
        readonly capabilities: { readonly touch: boolean };
        readonly width: number;
        readonly height: number;
        readonly client_id: string | null;
      };
    }
  | { readonly ConnectionTerminated: { readonly error_code: number } }
  | 'InternalServerError'
  | 'HostNotFound'
  | 'AppNotFound'
  | 'HostNotPaired'
  | 'AlreadyStreaming'
  | 'SessionNotFound'
  | 'ClientKicked'
  | 'PeerDisconnect';

export const STREAM_MODES = ['create', 'keepalive', 'join'] as const;
export type StreamMode = (typeof STREAM_MODES)[number];

/** The first message of a client (moonlight-web §3.2). */
export interface StreamInit {
  /** Undefined where the client gave none or `null`, which only K takes. */
  readonly credentials: string | undefined;
  readonly sessionId: string;
  readonly mode: StreamMode;
  readonly clientUniqueId: string | undefined;
  readonly hostId: number;
  readonly appId: number;
  readonly bitrate: number;
  readonly packetSize: number;
  readonly fps: number;
  readonly width: number;
  readonly height: number;
  readonly videoSampleQueueSize: number;
  readonly audioSampleQueueSize: number;
  readonly playAudioLocal: boolean;
  readonly videoSupportedFormats: number;
  readonly videoColorspace: string;
  readonly videoColorRangeFull: boolean;
}

export type ClientMessage =
  | { readonly kind: 'init'; readonly init: StreamInit }
  | { readonly kind: 'description'; readonly type: string; readonly sdp: string }
  | {
      readonly kind: 'candidate';
      readonly candidate: string;
      readonly mid: string | null;
      readonly lineIndex: number | null;
    };

const DESCRIPTION_TYPES = ['offer', 'answer', 'pranswer', 'rollback', 'unspecified'];
const COLORSPACES = ['Rec601', 'Rec709', 'Rec2020'];
const U32_MAX = 0xff_ff_ff_ff;
const U16_MAX = 0xff_ff;

type Fields = Readonly<Record<string, unknown>>;

/** As strict as serde: undefined for a missing field, a wrong type, a fraction, or anything beside the one variant. */
export function parseClientMessage(json: string, dialect: MoonlightDialect): ClientMessage | undefined {
  try {
    const [name, content] = onlyMember(JSON.parse(json));
    if (name === 'AuthenticateAndInit') return { kind: 'init', init: readInit(fieldsOf(content), dialect) };
    if (name !== 'Signaling') return undefined;
    const [variant, signal] = onlyMember(content);
    const fields = fieldsOf(signal);
    if (variant === 'Description') {
      return { kind: 'description', type: choice(fields, 'ty', DESCRIPTION_TYPES), sdp: text(fields, 'sdp') };
    }
    if (variant !== 'AddIceCandidate') return undefined;
    optionalText(fields, 'username_fragment');
    return {
      kind: 'candidate',
      candidate: text(fields, 'candidate'),
      mid: optionalText(fields, 'sdp_mid') ?? null,
      lineIndex: fields['sdp_mline_index'] == null ? null : integer(fields, 'sdp_mline_index', U16_MAX),
    };
  } catch {
    return undefined;
  }
}

function readInit(fields: Fields, dialect: MoonlightDialect): StreamInit {
  const u32 = (name: string): number => integer(fields, name, U32_MAX);
  return {
    credentials: dialect === 'H' ? text(fields, 'credentials') : optionalText(fields, 'credentials'),
    sessionId: text(fields, 'session_id'),
    mode: choice(fields, 'mode', STREAM_MODES),
    clientUniqueId: optionalText(fields, 'client_unique_id'),
    hostId: u32('host_id'),
    appId: u32('app_id'),
    bitrate: u32('bitrate'),
    packetSize: u32('packet_size'),
    fps: u32('fps'),
    width: u32('width'),
    height: u32('height'),
    videoSampleQueueSize: u32('video_sample_queue_size'),
    audioSampleQueueSize: u32('audio_sample_queue_size'),
    playAudioLocal: truth(fields, 'play_audio_local'),
    videoSupportedFormats: u32('video_supported_formats'),
    videoColorspace: choice(fields, 'video_colorspace', COLORSPACES),
    videoColorRangeFull: truth(fields, 'video_color_range_full'),
  };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object');
  return { ...value };
}

function onlyMember(value: unknown): [string, unknown] {
  const [member, ...others] = Object.entries(fieldsOf(value));
  if (member === undefined || others.length > 0) throw new TypeError('not one member');
  return member;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new TypeError(name);
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] == null ? undefined : text(fields, name);
}

function truth(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new TypeError(name);
  return value;
}

function integer(fields: Fields, name: string, max: number): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) throw new TypeError(name);
  return value;
}

function choice<T extends string>(fields: Fields, name: string, choices: readonly T[]): T {
  const found = choices.find((known) => known === fields[name]);
  if (found === undefined) throw new TypeError(name);
  return found;
}
