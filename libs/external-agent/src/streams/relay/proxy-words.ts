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
