import { VIEWER_LIMITS } from './limits.js';

export interface IceServerEntry {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

export interface RemoteCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

/** What the server says (moonlight-web §3.3), as far as the page cares. */
export type ServerMessage =
  | { readonly kind: 'ice-servers'; readonly servers: readonly IceServerEntry[] }
  | { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: RemoteCandidate }
  | { readonly kind: 'stage-starting'; readonly stage: string }
  | { readonly kind: 'stage-complete'; readonly stage: string }
  | { readonly kind: 'stage-failed'; readonly stage: string; readonly errorCode: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'terminated'; readonly errorCode: number }
  /** A bare word; every one of them is an error. */
  | { readonly kind: 'error'; readonly word: string };

/** `undefined` for what is not known; later servers may say more. */
export function parseServerMessage(text: string): ServerMessage | undefined {
  if (text.length > VIEWER_LIMITS.messageMaxLength) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value === 'string') return { kind: 'error', word: value.slice(0, 100) };
  const [name, body] = Object.entries(fieldsOf(value))[0] ?? [];
  const fields = fieldsOf(body);
  switch (name) {
    case 'WebRtcConfig':
      return { kind: 'ice-servers', servers: iceServersOf(fields['ice_servers']) };
    case 'Signaling':
      return signalOf(fields);
    case 'StageStarting':
      return { kind: 'stage-starting', stage: textOf(fields['stage']) };
    case 'StageComplete':
      return { kind: 'stage-complete', stage: textOf(fields['stage']) };
    case 'StageFailed':
      return { kind: 'stage-failed', stage: textOf(fields['stage']), errorCode: numberOf(fields['error_code']) };
    case 'ConnectionComplete':
      return { kind: 'complete' };
    case 'ConnectionTerminated':
      return { kind: 'terminated', errorCode: numberOf(fields['error_code']) };
    case undefined:
    default:
      return undefined;
  }
}

function signalOf(signal: Readonly<Record<string, unknown>>): ServerMessage | undefined {
  const { ty, sdp } = fieldsOf(signal['Description']);
  if ((ty === 'offer' || ty === 'answer') && typeof sdp === 'string') return { kind: 'description', type: ty, sdp };
  const { candidate, sdp_mid: mid, sdp_mline_index: index } = fieldsOf(signal['AddIceCandidate']);
  // An empty one marks the end of candidates, which this dialect does not send.
  if (typeof candidate !== 'string' || candidate === '') return undefined;
  return {
    kind: 'candidate',
    candidate: {
      candidate,
      sdpMid: typeof mid === 'string' ? mid : null,
      sdpMLineIndex: typeof index === 'number' ? index : null,
    },
  };
}

/** Others than these make a browser refuse the whole list. */
function iceServersOf(value: unknown): readonly IceServerEntry[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, VIEWER_LIMITS.iceServersMax).flatMap((entry: unknown) => {
    const { urls, username, credential } = fieldsOf(entry);
    if (!Array.isArray(urls)) return [];
    const usable = urls.filter((url): url is string => typeof url === 'string' && /^(?:stuns?|turns?):[^\s]/.test(url));
    if (usable.length === 0) return [];
    const needsCredential = usable.some((url) => url.startsWith('turn'));
    if (needsCredential && (textOf(username) === '' || textOf(credential) === '')) return [];
    return [{ urls: usable, username: textOf(username), credential: textOf(credential) }];
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
