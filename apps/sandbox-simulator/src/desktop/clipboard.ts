/** The clipboard as it travels (helix-rest §3.4): text as it is, an image as base64 of a PNG. */
export interface ClipboardContent {
  readonly type: 'text' | 'image';
  readonly data: string;
}

/** What a clipboard body says, or `undefined` when it says nothing that a clipboard can hold. */
export function parseClipboard(body: string): ClipboardContent | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('type' in parsed) || !('data' in parsed)) return undefined;
  const { type, data } = parsed;
  if ((type !== 'text' && type !== 'image') || typeof data !== 'string') return undefined;
  return { type, data };
}
