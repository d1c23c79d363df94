import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LINK_ID_MAX_LENGTH } from './limits.js';

/** What the first 101 gives an agent for resuming the link. */
export interface LinkGrant {
  readonly linkId: string;
  readonly secret: Buffer;
  readonly holdMs: number;
}

/** What an agent sends to resume its link. */
export interface Resumption {
  readonly linkId: string;
  /** Rises with each attempt, so that each proof is good for one. */
  readonly attempt: number;
  readonly proof: Buffer;
  /** Bytes it has received since the link began. */
  readonly received: number;
}

/** As `http.IncomingMessage.headers` has them: names in small letters. */
export type ReadHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const SECRET_BYTES = 32;
const PROOF_BYTES = 32;
const LINK_ID = new RegExp(`^[A-Za-z0-9_-]{1,${String(LINK_ID_MAX_LENGTH)}}$`);
/** Decimal, without leading zeros. */
const NUMBER = /^(?:0|[1-9]\d{0,15})$/;
const BASE64URL_32 = /^[A-Za-z0-9_-]{43}$/;

export function newResumptionSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

export function resumptionProof(secret: Buffer, linkId: string, attempt: number, received: number): Buffer {
  return createHmac('sha256', secret)
    .update(`${linkId}:${String(attempt)}:${String(received)}`)
    .digest();
}

export function isRightProof(secret: Buffer, resumption: Resumption): boolean {
  const { linkId, attempt, received, proof } = resumption;
  return proof.length === PROOF_BYTES && timingSafeEqual(resumptionProof(secret, linkId, attempt, received), proof);
}

/** Headers of the first 101. */
export function formatLinkGrant({ linkId, secret, holdMs }: LinkGrant): Readonly<Record<string, string>> {
  return {
    'RevDial-Link': linkId,
    'RevDial-Secret': secret.toString('base64url'),
    'RevDial-Hold-Ms': String(holdMs),
  };
}

export function parseLinkGrant(headers: ReadHeaders): LinkGrant | undefined {
  const linkId = text(headers['revdial-link'], LINK_ID);
  const secret = bytes32(headers['revdial-secret']);
  const holdMs = number(headers['revdial-hold-ms']);
  return linkId === undefined || secret === undefined || holdMs === undefined ? undefined : { linkId, secret, holdMs };
}

/** Headers of an agent's request. `attempt` must be higher than in any request before. */
export function formatResumption(
  grant: Pick<LinkGrant, 'linkId' | 'secret'>,
  attempt: number,
  received: number,
): Readonly<Record<string, string>> {
  return {
    'RevDial-Resume': grant.linkId,
    'RevDial-Attempt': String(attempt),
    'RevDial-Proof': resumptionProof(grant.secret, grant.linkId, attempt, received).toString('base64url'),
    'RevDial-Received': String(received),
  };
}

/** Sent with a resumption: where the link is not known, the same answer opens a new one. */
export const NEW_LINK_ELSE: Readonly<Record<string, string>> = { 'RevDial-Else': 'new' };

export function asksForNewLinkElse(headers: ReadHeaders): boolean {
  return headers['revdial-else'] === 'new';
}

/** `undefined` for headers that no agent of ours writes, `absent` for a request that resumes nothing. */
export function parseResumption(headers: ReadHeaders): Resumption | 'absent' | undefined {
  if (headers['revdial-resume'] === undefined) return 'absent';
  const linkId = text(headers['revdial-resume'], LINK_ID);
  const attempt = number(headers['revdial-attempt']);
  const proof = bytes32(headers['revdial-proof']);
  const received = number(headers['revdial-received']);
  if (linkId === undefined || attempt === undefined || proof === undefined || received === undefined) return undefined;
  return { linkId, attempt, proof, received };
}

/** The header of the 101 that resumes a link: what the server has received. */
export function formatReceived(received: number): Readonly<Record<string, string>> {
  return { 'RevDial-Received': String(received) };
}

export function parseReceived(headers: ReadHeaders): number | undefined {
  return number(headers['revdial-received']);
}

function text(value: ReadHeaders[string], pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function number(value: ReadHeaders[string]): number | undefined {
  const digits = text(value, NUMBER);
  if (digits === undefined) return undefined;
  const parsed = Number(digits);
  return Number.isSafeInteger(parsed) ? parsed : undefined;
}

function bytes32(value: ReadHeaders[string]): Buffer | undefined {
  const encoded = text(value, BASE64URL_32);
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64url');
  // The last character holds four bits; others of it would be another spelling of the same proof.
  return bytes.toString('base64url') === encoded ? bytes : undefined;
}

/** Why a link is not resumed; the agent opens a new one. */
export type ResumptionRefusal =
  | 'foreign-principal'
  | 'wrong-proof'
  | 'used-attempt'
  /** The request names other runners than the link was opened with: the request fails, the link goes on. */
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

/** Decides at the server who may resume one link. Remembers only the highest attempt. */
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
   * `undefined`: may resume. A request without a right proof learns nothing of the link's state and uses up no attempt; a right proof
   * uses up its attempt even where the link is gone.
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
