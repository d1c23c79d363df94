import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiProperty,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  ByteBudget,
  EXTERNAL_AGENT_LIMITS,
  type LogFeed,
  LogService,
  logText,
  type SessionEntity,
} from '@helix/external-agent';
import type { Request, Response } from 'express';
import { sendJsonHeld } from '../answers/send-held.js';
import { Access, CurrentSession } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { API_LIMITS } from '../limits.js';
import { readSwitch } from '../input/lenient-text.js';

export class DesktopLogDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty({ description: 'How many were asked for' }) lines!: number;
  @ApiProperty({ type: [String], description: 'Oldest first, each with its time where that is known' }) logs!: string[];
  @ApiProperty() timestamp!: string;
}

/** What a desktop's own service says of its log. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id/logs')
@Access('session-owner')
export class LogsController {
  constructor(
    private readonly logs: LogService,
    private readonly budget: ByteBudget,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The last lines of the desktop’s log; with follow, also those to come' })
  @ApiProduces('application/json', 'application/x-ndjson', 'text/event-stream')
  @ApiQuery({ name: 'lines', type: Number, required: false, description: '1 to 5000; default 100' })
  @ApiQuery({
    name: 'follow',
    type: Boolean,
    required: false,
    description: 'Lines of {"t","stream","line"}, or server-sent events for who accepts text/event-stream',
  })
  @ApiOkResponse({ type: DesktopLogDto })
  async read(
    @CurrentSession() session: SessionEntity,
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const lineCount = readLineCount(query['lines']);
    const signal = whenCallerLeaves(response);
    if (readSwitch(query, 'follow') === true) {
      const feed = await this.logs.follow(session.id, lineCount, signal);
      const wantsEvents = request.headers.accept?.includes('text/event-stream') === true;
      await sendLogFeed(feed, response, wantsEvents ? 'events' : 'lines');
      return;
    }
    const entries = await this.logs.tail(session.id, lineCount, signal);
    const answer: DesktopLogDto = {
      session_id: session.id,
      lines: lineCount,
      logs: entries.map(logText),
      timestamp: new Date().toISOString(),
    };
    sendJsonHeld(response, this.budget, answer);
  }
}

function readLineCount(value: unknown): number {
  if (value === undefined || value === '') return EXTERNAL_AGENT_LIMITS.logLinesDefault;
  const count = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : NaN;
  if (count >= 1 && count <= EXTERNAL_AGENT_LIMITS.logLinesMax) return count;
  throw new ApiError('INVALID_REQUEST', `lines must be from 1 to ${String(EXTERNAL_AGENT_LIMITS.logLinesMax)}`);
}

/** `lines`: one JSON object on each; `events`: server-sent events. */
type LogFormat = 'lines' | 'events';

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
 * Sends a log for as long as it and its reader last. One who reads too slowly is told how many lines were missed; one who
 * does not read at all is cut. Resolves when the answer has ended; the feed is destroyed then.
 */
async function sendLogFeed(feed: LogFeed, response: Response, format: LogFormat): Promise<void> {
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
