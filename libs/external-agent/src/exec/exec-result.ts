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

/** Reads a desktop's answer to a command; `undefined` when it is none. */
export function parseExecResult(json: Buffer): ExecResult | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { success, exit_code: exitCode, output, error, pid, truncated } = value as Readonly<Record<string, unknown>>;
  if (typeof success !== 'boolean' || typeof exitCode !== 'number') return undefined;
  const said = typeof output === 'string' ? cutText(output) : undefined;
  const complained = typeof error === 'string' ? cutText(error) : undefined;
  return {
    success,
    exitCode,
    ...(said !== undefined && { output: said.text }),
    ...(complained !== undefined && { error: complained.text }),
    ...(typeof pid === 'number' && { pid }),
    isTruncated: truncated === true || said?.isCut === true || complained?.isCut === true,
  };
}

/** The beginning of a text, in whole characters. */
function cutText(text: string): { readonly text: string; readonly isCut: boolean } {
  if (text.length <= LIMITS.execOutputMaxBytes / 3) return { text, isCut: false };
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.execOutputMaxBytes) return { text, isCut: false };
  const cut = bytes.subarray(0, LIMITS.execOutputMaxBytes).toString('utf8');
  return { text: cut.replace(/\ufffd$/, ''), isCut: true };
}
