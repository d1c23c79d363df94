import type { ServerResponse } from 'node:http';

import { LOG_FOLLOWERS_COUNT, LOG_LINES_COUNT, LOG_UNSENT_MAX_BYTES } from '../limits.js';
import { answerText } from '../local-server.js';

export type LogStream = 'stdout' | 'stderr';

/** What this desktop's process has done, line by line: the last of them, and those who follow. */
export class DesktopLog {
  readonly #lines: string[] = [];
  readonly #followers = new Set<ServerResponse>();

  write(stream: LogStream, line: string): void {
    const text = `${JSON.stringify({ t: new Date().toISOString(), stream, line })}\n`;
    this.#lines.push(text);
    if (this.#lines.length > LOG_LINES_COUNT) this.#lines.shift();
    for (const follower of this.#followers) {
      // One who does not read is cut rather than remembered for.
      if (follower.writableLength > LOG_UNSENT_MAX_BYTES) follower.destroy();
      else follower.write(text);
    }
  }

  /** `GET /logs?tail=N&follow=true`: JSON lines. */
  answer(res: ServerResponse, query: URLSearchParams): void {
    const tail = Number(query.get('tail') ?? LOG_LINES_COUNT);
    if (!Number.isInteger(tail) || tail < 0) {
      answerText(res, 400, 'tail is a number of lines');
      return;
    }
    const isFollowing = query.get('follow') === 'true';
    if (isFollowing && this.#followers.size >= LOG_FOLLOWERS_COUNT) {
      answerText(res, 503, 'too many follow this log');
      return;
    }
    res.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    res.write(tail === 0 ? '' : this.#lines.slice(-tail).join(''));
    if (!isFollowing) {
      res.end();
      return;
    }
    res.flushHeaders();
    this.#followers.add(res);
    res.once('close', () => this.#followers.delete(res));
  }

  /** Ends all who follow. */
  close(): void {
    for (const follower of this.#followers) follower.end();
  }
}
