import { Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  ByteBudget,
  ClipboardService,
  EXTERNAL_AGENT_LIMITS,
  LastPictures,
  SessionActivity,
  ExternalAgentError,
  parseClipboard,
  parseScreenshotQuery,
  ScreenshotService,
  type ByteShare,
  type ClipboardContent,
  type SessionEntity,
} from '@helix/external-agent';
import type { Request, Response } from 'express';
import { sendHeld } from '../answers/send-held.js';
import { sendJsonHeld } from '../answers/send-json-held.js';
import { Access, CurrentSession } from '../auth/access.decorator.js';
import { whenCallerLeaves } from './caller-signal.js';
import { readRequestBody } from './read-request-body.js';

const CLIPBOARD_SCHEMA = {
  type: 'object' as const,
  required: ['type', 'data'],
  properties: {
    type: { type: 'string' as const, enum: ['text', 'image'] },
    data: { type: 'string' as const, description: 'Text, or a PNG in base64' },
  },
};

/** What passes through the tunnel to a desktop: its picture and its clipboard. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id')
@Access('session-controller')
export class DesktopController {
  constructor(
    @Inject(ScreenshotService) private readonly screenshots: ScreenshotService,
    @Inject(ClipboardService) private readonly clipboards: ClipboardService,
    @Inject(ByteBudget) private readonly budget: ByteBudget,
    @Inject(LastPictures) private readonly lastPictures: LastPictures,
    @Inject(SessionActivity) private readonly activity: SessionActivity,
  ) {}

  @Get('screenshot')
  @Access('session-viewer')
  @ApiOperation({ summary: 'The desktop as it is now; viewers who ask at the same time share one fetch' })
  @ApiProduces('image/png', 'image/jpeg', 'image/webp')
  @ApiQuery({ name: 'format', enum: ['png', 'jpeg'], required: false })
  @ApiQuery({ name: 'quality', type: Number, required: false, description: '1 to 100, for jpeg' })
  @ApiQuery({ name: 'include_cursor', type: Boolean, required: false })
  @ApiOkResponse({
    description: 'The picture, of one of these types. Of a stopped desktop its last, with X-Paused-Screenshot',
    schema: { type: 'string', format: 'binary' },
  })
  @ApiResponse({ status: 304, description: 'If-None-Match names this very picture' })
  async screenshot(
    @CurrentSession() session: SessionEntity,
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    // Pages show one as paused from the moment it is to stop, which may be long before its host can stop it.
    const isPaused = session.state === 'stopped' || session.state === 'stopping';
    if (isPaused && (await this.answerLastPicture(session, response))) return;
    const picture = await this.screenshots.fetch(session.id, parseScreenshotQuery(query), whenCallerLeaves(response));
    const headers = {
      ETag: picture.etag,
      'Cache-Control': 'private, no-cache, must-revalidate',
    };
    if (request.headers['if-none-match']?.includes(picture.etag)) {
      response.set(headers).status(304).end();
      return;
    }
    sendHeld(response, this.budget, {
      kept: picture,
      chunks: picture.chunks,
      byteCount: picture.byteCount,
      headers: { ...headers, 'Content-Type': picture.contentType },
    });
  }

  @Get('clipboard')
  @ApiOperation({ summary: "The desktop's clipboard; no content while it is empty" })
  @ApiOkResponse({ schema: CLIPBOARD_SCHEMA })
  async readClipboard(@CurrentSession() session: SessionEntity, @Res() response: Response): Promise<void> {
    const content = await this.clipboards.read(session.id, whenCallerLeaves(response));
    // Clients take an empty answer for an empty clipboard (helix-rest §3.4).
    response.setHeader('Cache-Control', 'no-store');
    sendJsonHeld(response, this.budget, content);
  }

  @Post('clipboard')
  @HttpCode(200)
  @ApiOperation({ summary: "Replace the desktop's clipboard; at most 20 MiB" })
  @ApiBody({ schema: CLIPBOARD_SCHEMA })
  @ApiOkResponse({ description: 'No body' })
  async writeClipboard(
    @CurrentSession() session: SessionEntity,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const signal = whenCallerLeaves(response);
    const share = this.budget.share();
    try {
      const content = await readClipboardBody(request, share);
      // It is kept until the desktop has taken it, once as it was read and once as it is sent.
      share.add(Buffer.byteLength(content.data));
      await this.clipboards.write(session.id, content, signal);
    } finally {
      share.release();
    }
    await this.activity.note(session.id);
    response.status(200).end();
  }

  /** What the desktop showed last; `false` when nothing was kept. */
  private async answerLastPicture({ id }: SessionEntity, response: Response): Promise<boolean> {
    const kept = await this.lastPictures.find(id);
    if (kept === null) return false;
    sendHeld(response, this.budget, {
      kept: kept.picture,
      chunks: [kept.picture],
      byteCount: kept.picture.length,
      headers: {
        // Not kept by anybody: after a resume it would be taken for what the desktop shows then.
        'Cache-Control': 'no-cache, no-store, must-revalidate',
        'X-Paused-Screenshot': 'true',
        'Content-Type': kept.contentType,
        'Last-Modified': kept.takenAt.toUTCString(),
      },
    });
    return true;
  }
}

/**
 * Read after the guard, and not by a body parser before it: 20 MiB are for callers we know.
 * @throws ExternalAgentError CLIPBOARD_TOO_LARGE, INVALID_REQUEST, BUSY
 */
async function readClipboardBody(request: Request, share: ByteShare): Promise<ClipboardContent> {
  const body = await readRequestBody(request, EXTERNAL_AGENT_LIMITS.clipboardMaxBytes, share);
  if (body === undefined) throw new ExternalAgentError('CLIPBOARD_TOO_LARGE', 'a clipboard may hold at most 20 MiB');
  const content = parseClipboard(body);
  if (content === undefined) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the body must be {"type":"text"|"image","data":"…"}');
  }
  return content;
}
