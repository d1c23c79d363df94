import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  ByteBudget,
  checkedExecRequest,
  ExecService,
  SessionActivity,
  type SessionEntity,
} from '@helix/external-agent';
import type { Response } from 'express';
import { sendJsonHeld } from '../answers/send-json-held.js';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { JsonBody } from '../input/body.guard.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { API_LIMITS } from '../limits.js';
import { ExecDto, ExecResultDto, toExecResultDto } from './exec.dto.js';

/** Commands in a desktop, where the operator allows them. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id/exec')
@Access('session-owner')
export class ExecController {
  constructor(
    private readonly execs: ExecService,
    private readonly activity: SessionActivity,
    private readonly budget: ByteBudget,
  ) {}

  @Post()
  @JsonBody({ maxBytes: API_LIMITS.jsonLargeBodyMaxBytes })
  @HttpCode(200)
  @ApiOperation({ summary: 'Run a command in a running desktop; 403 unless the operator has enabled it' })
  @ApiOkResponse({ type: ExecResultDto })
  async run(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() body: ExecDto,
    @Res() response: Response,
  ): Promise<void> {
    this.execs.assertEnabled();
    const request = checkedExecRequest({
      command: body.command,
      background: body.background,
      timeoutS: body.timeout,
      environment: body.env,
    });
    await this.activity.note(session.id);
    const result = await this.execs.run(session.id, user.userId, request, whenCallerLeaves(response));
    sendJsonHeld(response, this.budget, toExecResultDto(result));
  }
}
