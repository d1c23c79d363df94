import { createHash } from 'node:crypto';

/** One picture as it is sent: its bytes in parts, so that pictures that differ in one strip share the rest. */
export interface Picture {
  readonly contentType: 'image/png' | 'image/jpeg';
  readonly parts: readonly Buffer[];
  readonly sizeBytes: number;
}

export function picture(contentType: Picture['contentType'], parts: readonly Buffer[]): Picture {
  return { contentType, parts, sizeBytes: parts.reduce((sum, part) => sum + part.length, 0) };
}

export function sha256Of(shown: Picture): string {
  const hash = createHash('sha256');
  for (const part of shown.parts) hash.update(part);
  return hash.digest('hex');
}
