import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
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
  clipboardJson,
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
import { Access, CurrentSession } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { OwnBody } from '../input/body.guard.js';
import { readBody } from '../input/read-body.js';
import { API_LIMITS } from '../limits.js';

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
    private readonly screenshots: ScreenshotService,
    private readonly clipboards: ClipboardService,
    private readonly budget: ByteBudget,
    private readonly lastPictures: LastPictures,
    private readonly activity: SessionActivity,
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
    const chunks = content === undefined ? [] : clipboardJson(content);
    sendHeld(response, this.budget, {
      kept: chunks,
      chunks,
      byteCount: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
    });
  }

  @Post('clipboard')
  @OwnBody()
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
      share.add(content.data.length);
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
        // Not to be cached: after a resume it would be taken for the present picture.
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
 * @throws ExternalAgentError CLIPBOARD_TOO_LARGE, INVALID_REQUEST, BUSY
 * @throws ApiError REQUEST_TIMEOUT, UNSUPPORTED_ENCODING
 */
async function readClipboardBody(request: Request, share: ByteShare): Promise<ClipboardContent> {
  const bounds = { maxBytes: EXTERNAL_AGENT_LIMITS.clipboardMaxBytes, maxMs: API_LIMITS.clipboardBodyMaxMs, share };
  const body = await readBody(request, bounds).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.code !== 'PAYLOAD_TOO_LARGE') throw error;
    throw new ExternalAgentError('CLIPBOARD_TOO_LARGE', 'a clipboard may hold at most 20 MiB', { cause: error });
  });
  const content = await parseClipboard(body);
  if (content === undefined) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the body must be {"type":"text"|"image","data":"…"}');
  }
  return content;
}
