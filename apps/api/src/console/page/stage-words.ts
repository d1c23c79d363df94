/** What the server's note about a stage means for the page. */
export interface StageNews {
  /** `state` changes what the page shows of the connection; a step is a word in passing. */
  readonly kind: 'step' | 'unstable' | 'host-reconnecting' | 'steady-again';
  readonly words: string;
  /** Changes from second to second, so it is shown and not read out. */
  readonly detail?: string;
}

const PROXY = 'Proxy: ';
const LINK_UNSTABLE = 'link unstable';
const HOST_RECONNECTING = /^host reconnecting(?:, (\d{1,5}) s left)?$/;

/** Names come from the host and are shown as text; longer ones are cut. */
const NAME_MAX_LENGTH = 80;

const KNOWN_STEPS: Readonly<Record<string, string>> = {
  'Launch Streamer': 'Starting the stream',
  'Setup WebRTC Peer': 'Preparing the connection',
  'WebRTC Peer Negotiation': 'Finding a way to the host',
  'Moonlight Stream': 'Starting the picture',
};

/** Of `StageStarting`. What is between the server and the host speaks in the same words, after "Proxy: ". */
export function newsOfStageStarting(stage: string): StageNews {
  const own = ownWord(stage);
  if (own === LINK_UNSTABLE) return { kind: 'unstable', words: 'The link to the host is unstable.' };
  const left = own === undefined ? null : HOST_RECONNECTING.exec(own);
  if (left !== null) {
    const detail = left[1] === undefined ? {} : { detail: `${left[1]} s left` };
    return { kind: 'host-reconnecting', words: 'The host is reconnecting.', ...detail };
  }
  return { kind: 'step', words: `${nameOf(stage)} …` };
}

/** Of `StageComplete`. */
export function newsOfStageComplete(stage: string): StageNews {
  const own = ownWord(stage);
  if (own === LINK_UNSTABLE) return { kind: 'steady-again', words: 'The link to the host is steady again.' };
  if (own !== undefined && HOST_RECONNECTING.test(own)) {
    return { kind: 'steady-again', words: 'The host is back.' };
  }
  return { kind: 'step', words: `${nameOf(stage)}: done` };
}

/** Of `StageFailed`. */
export function wordsOfStageFailed(stage: string, errorCode: number): string {
  if (stage === 'Proxy') return `The server could not go on (${String(errorCode)}).`;
  return `${nameOf(stage)}: failed (${String(errorCode)}).`;
}

function ownWord(stage: string): string | undefined {
  return stage.startsWith(PROXY) ? stage.slice(PROXY.length) : undefined;
}

function nameOf(stage: string): string {
  if (Object.hasOwn(KNOWN_STEPS, stage)) return KNOWN_STEPS[stage] ?? stage;
  return stage.length > NAME_MAX_LENGTH ? `${stage.slice(0, NAME_MAX_LENGTH)}…` : stage;
}
