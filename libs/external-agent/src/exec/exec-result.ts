import { parseForeignJson, SMALL_JSON, splitForeignJson } from '@helix/revdial';
import { LIMITS } from '../limits.js';

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
  const said = cutText(members.get('output'));
  const complained = cutText(members.get('error'));
  return {
    success,
    exitCode,
    ...(said !== undefined && { output: said.text }),
    ...(complained !== undefined && { error: complained.text }),
    ...(typeof pid === 'number' && { pid }),
    isTruncated: truncated === true || said?.isCut === true || complained?.isCut === true,
  };
}

/** A number or a switch; whatever takes more than a few bytes is neither. */
function factOf(json: Buffer | undefined): unknown {
  return json === undefined || json.length > 64 ? undefined : parseForeignJson(json, SMALL_JSON);
}

/** The beginning of a text, in whole characters; `undefined` for what is none. */
function cutText(json: Buffer | undefined): { readonly text: string; readonly isCut: boolean } | undefined {
  if (json?.[0] !== QUOTE) return undefined;
  const begun = beginningOf(json);
  const text = parseForeignJson(begun, { ...SMALL_JSON, maxBytes: ESCAPED_OUTPUT_MAX_BYTES });
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.execOutputMaxBytes) return { text, isCut: begun.length < json.length };
  const cut = bytes.subarray(0, LIMITS.execOutputMaxBytes).toString('utf8');
  return { text: cut.replace(/\ufffd$/, ''), isCut: true };
}

/** As much of a string as it is written as may be needed: an escape takes six bytes for one. */
function beginningOf(json: Buffer): Buffer {
  if (json.length <= ESCAPED_OUTPUT_MAX_BYTES) return json;
  let end = ESCAPED_OUTPUT_MAX_BYTES - 1;
  while (((json[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  // Not within an escape, which has at most six bytes and begins with the last of an odd number of backslashes.
  for (let at = end - 1; at > end - 6; at -= 1) {
    if (json[at] !== BACKSLASH) continue;
    let first = at;
    while (json[first - 1] === BACKSLASH) first -= 1;
    const isOdd = (at - first) % 2 === 0;
    if (isOdd && at + (json[at + 1] === SMALL_U ? 6 : 2) > end) end = at;
    break;
  }
  return Buffer.concat([json.subarray(0, end), Buffer.of(QUOTE)]);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const ESCAPED_OUTPUT_MAX_BYTES = 6 * LIMITS.execOutputMaxBytes;
