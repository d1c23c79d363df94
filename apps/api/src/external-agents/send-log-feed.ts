import type { Response } from 'express';
import type { LogFeed } from '@helix/external-agent';
import { API_LIMITS } from '../limits.js';

/** `lines`: one JSON object on each; `events`: server-sent events. */
export type LogFormat = 'lines' | 'events';

interface Wording {
  readonly contentType: string;
  /** Means nothing; keeps what lies between from taking the silence for an end. */
  readonly quiet: string;
  readonly word: (event: 'line' | 'dropped' | 'end', value: object) => string;
}

const WORDINGS: Readonly<Record<LogFormat, Wording>> = {
  lines: {
    contentType: 'application/x-ndjson; charset=utf-8',
    quiet: '\n',
    word: (_event, value) => `${JSON.stringify(value)}\n`,
  },
  events: {
    contentType: 'text/event-stream; charset=utf-8',
    quiet: ': quiet\n\n',
    word: (event, value) => `${event === 'line' ? '' : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`,
  },
};

/**
 * Sends a log for as long as it and its reader last. One who reads too slowly is told how many lines he missed; one who
 * does not read at all is cut. Resolves when the answer has ended; the feed is destroyed then.
 */
export async function sendLogFeed(feed: LogFeed, response: Response, format: LogFormat): Promise<void> {
  const { contentType, quiet, word } = WORDINGS[format];
  response.statusCode = 200;
  response.setHeader('Content-Type', contentType);
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  try {
    while (!response.destroyed) {
      const { entries, droppedCount } = await feed.take(API_LIMITS.logQuietMs);
      const words: string[] = [];
      if (droppedCount > 0) {
        words.push(word('dropped', { ...remark(`${String(droppedCount)} lines were dropped`), dropped: droppedCount }));
      }
      for (const entry of entries) words.push(word('line', entry));
      if (words.length === 0) {
        if (feed.endCode !== undefined) {
          response.end(word('end', { ...remark(`the log has ended: ${feed.endCode}`), end: feed.endCode }));
          return;
        }
        words.push(quiet);
      }
      if (!response.write(words.join(''))) await untilDrained(response);
    }
  } finally {
    feed.destroy('DIAL_ABORTED');
  }
}

/** A line that is none of the desktop's. */
function remark(line: string): { readonly t: string; readonly stream: 'helix'; readonly line: string } {
  return { t: new Date().toISOString(), stream: 'helix', line };
}

async function untilDrained(response: Response): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      response.off('drain', settle);
      response.off('close', settle);
      resolve();
    };
    const timer = setTimeout(() => response.destroy(), API_LIMITS.logDrainMs);
    response.once('drain', settle);
    response.once('close', settle);
  });
}
