import { ExternalAgentError } from '../../external-agent-error.js';

/** What a viewer may ask of a picture (helix-rest §3.3). Unknown keys, such as cache-busters, and empty ones are ignored. */
export interface ScreenshotQuery {
  readonly format?: 'png' | 'jpeg';
  readonly quality?: number;
  readonly includeCursor?: boolean;
}

/**
 * Reads the query string of a screenshot request.
 * @throws ExternalAgentError INVALID_REQUEST
 */
export function parseScreenshotQuery(query: Readonly<Record<string, unknown>>): ScreenshotQuery {
  const { format, quality, include_cursor: cursor } = query;
  const parsed: { format?: 'png' | 'jpeg'; quality?: number; includeCursor?: boolean } = {};
  if (isGiven(format)) {
    if (format !== 'png' && format !== 'jpeg') throw invalid('format must be png or jpeg');
    parsed.format = format;
  }
  if (isGiven(quality)) {
    const number = typeof quality === 'string' && /^\d{1,3}$/.test(quality) ? Number(quality) : NaN;
    if (!(number >= 1 && number <= 100)) throw invalid('quality must be a whole number from 1 to 100');
    parsed.quality = number;
  }
  if (isGiven(cursor)) {
    if (cursor !== 'true' && cursor !== 'false' && cursor !== '1' && cursor !== '0') {
      throw invalid('include_cursor must be true, false, 1 or 0');
    }
    parsed.includeCursor = cursor === 'true' || cursor === '1';
  }
  return parsed;
}

/** Path and query for the desktop's own server; equal for equal wishes, so it also names the picture that is shared. */
export function screenshotPath(query: ScreenshotQuery): string {
  const parameters = new URLSearchParams();
  if (query.format !== undefined) parameters.set('format', query.format);
  if (query.quality !== undefined) parameters.set('quality', String(query.quality));
  if (query.includeCursor !== undefined) parameters.set('include_cursor', String(query.includeCursor));
  const text = parameters.toString();
  return text === '' ? '/screenshot' : `/screenshot?${text}`;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}

function invalid(message: string): ExternalAgentError {
  return new ExternalAgentError('INVALID_REQUEST', message);
}
