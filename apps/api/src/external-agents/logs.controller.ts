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
import { ByteBudget, EXTERNAL_AGENT_LIMITS, LogService, logText, type SessionEntity } from '@helix/external-agent';
import type { Request, Response } from 'express';
import { sendJsonHeld } from '../answers/send-json-held.js';
import { Access, CurrentSession } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { readSwitch } from './read-switch.js';
import { sendLogFeed } from './send-log-feed.js';

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
