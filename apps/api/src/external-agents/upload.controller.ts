import { Controller, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  EXTERNAL_AGENT_LIMITS,
  SessionActivity,
  UploadService,
  type SessionEntity,
  type UploadedFile,
} from '@helix/external-agent';
import type { Request, Response } from 'express';
import { Access, CurrentSession } from '../access/access.decorator.js';
import { OwnBody } from '../input/body.guard.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { inviteBody } from '../input/read-body.js';
import { dropBody, mayStillSend } from '../input/unread-body.js';
import { readSwitch } from '../input/lenient-text.js';

/** Files for a desktop. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id/upload')
@Access('session-owner')
export class UploadController {
  constructor(
    private readonly uploads: UploadService,
    private readonly activity: SessionActivity,
  ) {}

  @Post()
  @OwnBody()
  @HttpCode(200)
  @ApiOperation({ summary: 'Put a file into a running desktop; at most 500 MiB, as slowly as it likes' })
  @ApiConsumes('multipart/form-data')
  @ApiQuery({ name: 'open_file_manager', type: Boolean, required: false, description: 'Show the file; default true' })
  @ApiBody({
    schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
  })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['path', 'size', 'filename'],
      properties: { path: { type: 'string' }, size: { type: 'number' }, filename: { type: 'string' } },
    },
  })
  async upload(
    @CurrentSession() session: SessionEntity,
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UploadedFile> {
    try {
      inviteBody(request);
      const { 'content-type': contentType = '', 'content-length': length } = request.headers;
      const uploaded = await this.uploads.upload(
        session.id,
        {
          body: request,
          contentType,
          contentLength: length === undefined ? undefined : Number(length),
          openFileManager: readSwitch(query, 'open_file_manager') ?? true,
        },
        whenCallerLeaves(response),
      );
      await this.activity.note(session.id);
      return uploaded;
    } finally {
      // What is left of the body is dropped, so that the answer reaches a caller who is still sending.
      mayStillSend(request, EXTERNAL_AGENT_LIMITS.uploadMaxBytes);
      dropBody(request);
    }
  }
}
