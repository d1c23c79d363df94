import { createHash } from 'node:crypto';
import { SERVED_PICTURES_COUNT } from '../limits.js';

/** One picture as it is sent: its bytes in parts, so that pictures that differ in one strip share the rest. */
export interface Picture {
  readonly contentType: 'image/png' | 'image/jpeg';
  readonly parts: readonly Buffer[];
  readonly sizeBytes: number;
}

export function picture(contentType: Picture['contentType'], parts: readonly Buffer[]): Picture {
  return { contentType, parts, sizeBytes: parts.reduce((sum, part) => sum + part.length, 0) };
}

function sha256Of(shown: Picture): string {
  const hash = createHash('sha256');
  for (const part of shown.parts) hash.update(part);
  return hash.digest('hex');
}

export interface ServedPicture {
  readonly sha256: string;
  readonly bytes: number;
  readonly contentType: string;
  /** When it was served first, ISO 8601. */
  readonly at: string;
}

/**
 * The last distinct pictures that were served, so that a caller can compare what came through the API with what left
 * the desktop. Serving only notes the reference; hashes are computed on request.
 */
export class ServedPictures {
  readonly #served = new Map<Picture, { readonly at: number; hash: string | undefined }>();

  note(shown: Picture): void {
    if (this.#served.has(shown)) return;
    this.#served.set(shown, { at: Date.now(), hash: undefined });
    if (this.#served.size <= SERVED_PICTURES_COUNT) return;
    const oldest = this.#served.keys().next();
    if (oldest.done !== true) this.#served.delete(oldest.value);
  }

  /** Oldest first. */
  list(): readonly ServedPicture[] {
    return [...this.#served].map(([shown, entry]) => ({
      sha256: (entry.hash ??= sha256Of(shown)),
      bytes: shown.sizeBytes,
      contentType: shown.contentType,
      at: new Date(entry.at).toISOString(),
    }));
  }
}
