import { withDeadline } from '@helix/pacing';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import type { ScreenshotService } from './screenshot.service.js';
import type { SessionId } from '../../session/session-id.js';
import type { LastPictures } from './last-pictures.js';

/** Takes the last picture of a desktop that is about to go. Never worth a failed stop: what cannot be had is done without. */
export class LastPictureKeeper {
  readonly #screenshots: Pick<ScreenshotService, 'capture'>;
  readonly #pictures: LastPictures;
  readonly #isConnected: (sessionId: SessionId) => boolean;
  readonly #logger: ExternalAgentLogger;

  constructor(
    screenshots: Pick<ScreenshotService, 'capture'>,
    pictures: LastPictures,
    isConnected: (sessionId: SessionId) => boolean,
    logger: ExternalAgentLogger,
  ) {
    this.#screenshots = screenshots;
    this.#pictures = pictures;
    this.#isConnected = isConnected;
    this.#logger = logger;
  }

  /** Resolves within `LIMITS.lastPictureTimeoutMs`, at once when the desktop holds no link; never rejects. */
  async keep(sessionId: SessionId, signal: AbortSignal): Promise<void> {
    if (!this.#isConnected(sessionId)) return;
    const late = (): Error => new Error('the desktop did not show its picture in time');
    try {
      // JPEG: it is shown in a list; a desktop that knows only PNG sends that.
      const { contentType, chunks, byteCount } = await withDeadline(
        LIMITS.lastPictureTimeoutMs,
        signal,
        late,
        (limited) => this.#screenshots.capture(sessionId, { format: 'jpeg', quality: 70 }, limited),
      );
      if (byteCount > LIMITS.lastPictureMaxBytes) return;
      await this.#pictures.keep(sessionId, contentType, Buffer.concat(chunks));
    } catch (error) {
      this.#logger.info({ sessionId, error }, 'last picture of a desktop not stored');
    }
  }

  /** The desktop comes back; its old picture would be taken for what it shows now. @throws the database's errors */
  async forget(sessionId: SessionId): Promise<void> {
    await this.#pictures.forget(sessionId);
  }
}
