import type { Resumption } from './resumption.js';
import { isRightProof } from './resumption.js';

/** Why a link is not taken up again; the agent opens a new one. */
export type ResumptionRefusal =
  | 'foreign-principal'
  | 'wrong-proof'
  | 'used-attempt'
  /** It asks for others than those with which the link was opened: its own mistake, and the link goes on. */
  | 'other-runners'
  | 'closed'
  | 'offset-mismatch';

export interface ResumableLinkState {
  /** `ResumableLink.accepts`. */
  accepts(peerReceived: number): boolean;
  readonly isClosed: boolean;
  /** Does it ask for the runners with which the link was opened? */
  readonly areRunnersRight: boolean;
}

/** The server's door to one link: who may take it up again. Pure, but that it remembers the highest attempt. */
export class ResumptionGate {
  readonly #linkId: string;
  readonly #secret: Buffer;
  readonly #principal: string;
  #highestAttempt = 0;

  constructor(linkId: string, secret: Buffer, principal: string) {
    this.#linkId = linkId;
    this.#secret = secret;
    this.#principal = principal;
  }

  /**
   * `undefined`: let it in. Whoever cannot prove that the link is his learns nothing of its state and uses no attempt up;
   * a right proof uses its attempt up even where the link is gone.
   */
  judge(resumption: Resumption, principal: string, link: ResumableLinkState): ResumptionRefusal | undefined {
    if (principal !== this.#principal) return 'foreign-principal';
    if (resumption.linkId !== this.#linkId || !isRightProof(this.#secret, resumption)) return 'wrong-proof';
    if (resumption.attempt <= this.#highestAttempt) return 'used-attempt';
    this.#highestAttempt = resumption.attempt;
    if (!link.areRunnersRight) return 'other-runners';
    if (link.isClosed) return 'closed';
    return link.accepts(resumption.received) ? undefined : 'offset-mismatch';
  }
}
