/**
 * Why a viewer's socket is closed, by cause: the close code (RFC 6455 §7.4.1 below 4000, ours from there; moonlight-web §8.14) and a
 * reason for people. `docs/streaming.md` tells clients what to do on each; a test compares the two.
 */
export const STREAM_CLOSES = {
  /** The host has ended the stream; the last message says why. */
  ended: { code: 1000, reason: 'the host ended the stream' },
  binary: { code: 1003, reason: 'this host takes text alone' },
  replicaClosing: { code: 1012, reason: 'the replica is closing; connect again' },
  tooSlow: { code: 1013, reason: 'what the host sent was not read' },
  superseded: { code: 4000, reason: 'a newer connection of this viewer took over' },
  badMessage: { code: 4400, reason: 'not a message of the dialect' },
  signedOut: { code: 4401, reason: 'signed out' },
  revoked: { code: 4403, reason: 'no longer shared with this viewer' },
  removed: { code: 4403, reason: 'removed by the owner' },
  expired: { code: 4403, reason: 'the share has ended' },
  deleted: { code: 4404, reason: 'the session is deleted' },
  stopped: { code: 4410, reason: 'the session is stopped' },
  hostFailed: { code: 4502, reason: 'the host closed the connection' },
  linkLost: { code: 4503, reason: 'the link to the host was lost; connect again' },
  hostLost: { code: 4503, reason: 'the host did not come back in time' },
} as const;

export type StreamCloseCause = keyof typeof STREAM_CLOSES;
export type StreamEndCause =
  | StreamCloseCause
  /** Its browser closed it, or is gone. */
  | 'viewer-left'
  | 'viewer-silent';

/**
 * What the proxy itself says to a viewer, in the words of the dialect, so that clients which know nothing of a proxy show it
 * (moonlight-web §8.17): stages that begin and are complete, and one that has failed before a close.
 */
export type LinkTrouble = { readonly kind: 'unstable' } | { readonly kind: 'reconnecting'; readonly leftS: number };

const STAGES = { unstable: 'Proxy: link unstable', reconnecting: 'Proxy: host reconnecting' } as const;

export function troubleBegins(trouble: LinkTrouble): string {
  const stage =
    trouble.kind === 'unstable' ? STAGES.unstable : `${STAGES.reconnecting}, ${String(trouble.leftS)} s left`;
  return JSON.stringify({ StageStarting: { stage } });
}

export function troubleIsOver(kind: LinkTrouble['kind']): string {
  return JSON.stringify({ StageComplete: { stage: STAGES[kind] } });
}

/** `code` is that of the close which follows. */
export function proxyFailed(code: number): string {
  return JSON.stringify({ StageFailed: { stage: 'Proxy', error_code: code } });
}
