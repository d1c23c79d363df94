import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseForeignJson, SMALL_JSON, splitForeignJson } from '@helix/revdial';
import { LIMITS } from '../../limits.js';

/** How a command in a desktop ended, in the words of the desktop. */
export interface ExecResult {
  readonly success: boolean;
  readonly exitCode: number;
  readonly output?: string;
  readonly error?: string;
  /** Of a command in the background. */
  readonly pid?: number;
  /** Output or error was cut at the limit. */
  readonly isTruncated: boolean;
}

/** Reads a desktop's answer to a command, which may be long; `undefined` when it is none. */
export async function parseExecResult(json: Buffer): Promise<ExecResult | undefined> {
  let members: ReadonlyMap<string, Buffer>;
  try {
    members = await splitForeignJson(json, { ...SMALL_JSON, maxBytes: LIMITS.execAnswerMaxBytes });
  } catch {
    return undefined;
  }
  const success = factOf(members.get('success'));
  const exitCode = factOf(members.get('exit_code'));
  const pid = factOf(members.get('pid'));
  const truncated = factOf(members.get('truncated'));
  if (typeof success !== 'boolean' || typeof exitCode !== 'number') return undefined;
  const said = await cutText(members.get('output'));
  const complained = await cutText(members.get('error'));
  return {
    success,
    exitCode,
    ...(said !== undefined && { output: said.text }),
    ...(complained !== undefined && { error: complained.text }),
    ...(typeof pid === 'number' && { pid }),
    isTruncated: truncated === true || said?.isCut === true || complained?.isCut === true,
  };
}

/** A number or a switch; longer values are neither. */
function factOf(json: Buffer | undefined): unknown {
  return json === undefined || json.length > 64 ? undefined : parseForeignJson(json, SMALL_JSON);
}

/** The beginning of a text, in whole characters; `undefined` for what is none. A piece at a time, with turns for others between them. */
async function cutText(
  json: Buffer | undefined,
): Promise<{ readonly text: string; readonly isCut: boolean } | undefined> {
  if (json?.[0] !== QUOTE) return undefined;
  const end = json.length - 1;
  let text = '';
  let byteCount = 0;
  let at = 1;
  while (at < end && byteCount <= LIMITS.execOutputMaxBytes) {
    if (at > 1) await nextTurn();
    const pieceEnd = at + PIECE_BYTES < end ? wholeUpTo(json, at + PIECE_BYTES) : end;
    const piece = parseForeignJson(`"${json.toString('utf8', at, pieceEnd)}"`, PIECE);
    if (typeof piece !== 'string') return undefined;
    text += piece;
    byteCount += Buffer.byteLength(piece);
    at = pieceEnd;
  }
  if (at >= end && byteCount <= LIMITS.execOutputMaxBytes) return { text, isCut: false };
  const cut = Buffer.from(text).subarray(0, LIMITS.execOutputMaxBytes).toString('utf8');
  return { text: cut.replace(/\ufffd$/, ''), isCut: true };
}

/** The last place up to `end` at which a string, as it is written, can be cut: neither within a character nor within an escape. */
function wholeUpTo(json: Buffer, end: number): number {
  let whole = end;
  while (((json[whole] ?? 0) & 0xc0) === 0x80) whole -= 1;
  // An escape has at most six bytes and begins with the last of an odd number of backslashes.
  for (let at = whole - 1; at > whole - 6; at -= 1) {
    if (json[at] !== BACKSLASH) continue;
    let first = at;
    while (json[first - 1] === BACKSLASH) first -= 1;
    const beginsEscape = (at - first) % 2 === 0;
    return beginsEscape && at + (json[at + 1] === SMALL_U ? 6 : 2) > whole ? at : whole;
  }
  return whole;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const PIECE_BYTES = 128 * 1024;
/** Invalid bytes are read as three. */
const PIECE = { ...SMALL_JSON, maxBytes: 3 * PIECE_BYTES + 2 };
