import { crc32 } from 'node:zlib';
import { collectBounded, RevDialError, type RunnerHttp } from '@helix/revdial';
import { ByteBudget } from '../byte-budget.js';
import { desktopOf } from '../../session/desktop-of.js';
import { ExternalAgentError } from '../../external-agent-error.js';
import { askDesktop } from '../../foreign/ask-plainly.js';
import { LIMITS } from '../../limits.js';
import { pictureTypeOf, type PictureType } from './picture-type.js';
import type { SessionDirectory } from '../../session/session-directory.js';
import type { SessionId } from '../../session/session-id.js';
import { SingleFlight } from '../../single-flight.js';
import { screenshotPath, type ScreenshotQuery } from './screenshot-query.js';

export interface Screenshot {
  /** Not always what was asked for: older desktops answer PNG to all. */
  readonly contentType: PictureType;
  /** The picture, in the pieces in which it came. */
  readonly chunks: readonly Buffer[];
  readonly byteCount: number;
  /** Strong ETag over the bytes, quotes included. */
  readonly etag: string;
}

/** Pictures of desktops, fetched through `sandbox-<session>`; viewers who ask at the same time share one fetch. */
export class ScreenshotService {
  readonly #http: RunnerHttp;
  readonly #directory: SessionDirectory;
  readonly #budget: ByteBudget;
  readonly #flights = new SingleFlight<string, Screenshot>();

  constructor(http: RunnerHttp, directory: SessionDirectory, budget = new ByteBudget(LIMITS.desktopBytesMaxInFlight)) {
    this.#http = http;
    this.#directory = directory;
    this.#budget = budget;
  }

  /**
   * Fetches the desktop's picture as it is now.
   * @throws ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP, DESKTOP_STARTING, DESKTOP_ERROR, DESKTOP_INVALID_ANSWER, BUSY
   * @throws RevDialError as the tunnel fails; UPSTREAM_TOO_LARGE beyond 32 MiB; DIAL_ABORTED when this caller left
   */
  async fetch(sessionId: SessionId, query: ScreenshotQuery, signal?: AbortSignal): Promise<Screenshot> {
    desktopOf(await this.#directory.get(sessionId));
    return await this.capture(sessionId, query, signal);
  }

  /** The same without a look at the session's state: for the stop, which takes a last picture. Rejects as `fetch` does. */
  async capture(sessionId: SessionId, query: ScreenshotQuery, signal?: AbortSignal): Promise<Screenshot> {
    const path = screenshotPath(query);
    const key = `${sessionId} ${path}`;
    if (!this.#flights.has(key) && this.#flights.size >= LIMITS.screenshotMaxInFlight) {
      throw new ExternalAgentError('BUSY', 'too many screenshots are being fetched; try again shortly');
    }
    try {
      return await this.#flights.run(key, signal, (shared) => this.#fetch(sessionId, path, shared));
    } catch (error) {
      // Told like any other request that its caller gave up, so that it is not taken for a defect.
      if (signal?.aborted === true) throw new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: error });
      throw error;
    }
  }

  async #fetch(sessionId: SessionId, path: string, signal: AbortSignal): Promise<Screenshot> {
    const response = await askDesktop(this.#http, sessionId, {
      method: 'GET',
      path,
      signal,
      class: 'bulk',
    });
    if (response.status !== 200) {
      response.body.destroy();
      throw new ExternalAgentError('DESKTOP_ERROR', 'Failed to retrieve screenshot from container', {
        details: { upstreamStatus: response.status },
      });
    }
    const { body, headers } = response;
    // Before it is read: of what is called no picture nothing is wanted.
    if (pictureTypeOf(headers['content-type'], []) === undefined) {
      body.destroy();
      throw notAPicture();
    }
    const chunks = await this.#budget.during(body, () => collectBounded(body, LIMITS.screenshotMaxBytes, signal));
    let checksum = 0;
    let byteCount = 0;
    for (const chunk of chunks) {
      checksum = crc32(chunk, checksum);
      byteCount += chunk.length;
    }
    const contentType = pictureTypeOf(headers['content-type'], chunks);
    if (contentType === undefined) throw notAPicture();
    // CRC-32 rather than SHA: it only tells one picture of a desktop from the next, and costs a quarter of the time.
    return { contentType, chunks, byteCount, etag: `"${byteCount.toString(16)}-${checksum.toString(16)}"` };
  }
}

function notAPicture(): ExternalAgentError {
  return new ExternalAgentError('DESKTOP_INVALID_ANSWER', 'the desktop answered something that is not a picture');
}
