import { Body, Controller, Delete, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService } from '@helix/external-agent';
import { HostOperations, type HostEdit, type Operator, type WolfInstance } from '@helix/scheduler';
import type { Logger } from 'pino';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { LOGGER } from '../logging/logging.module.js';
import { CurrentOperator } from './current-operator.decorator.js';
import { HostEditBody } from './host-edit-body.decorator.js';
import {
  CordonWolfInstanceDto,
  DrainWolfInstanceDto,
  EditWolfInstanceDto,
  RemoveWolfInstanceDto,
} from './host-operation.dto.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

/** What operators do to hosts. Each may be asked again: what is done already is a success, and is not told of twice. */
@ApiTags('wolf instances')
@ApiBearerAuth()
@Controller('api/v1/wolf-instances/:id')
@Access('admin')
export class HostOperationsController {
  constructor(
    private readonly operations: HostOperations,
    private readonly agents: ExternalAgentService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('cordon')
  @HttpCode(200)
  @ApiOperation({ summary: 'Place no more sessions there; those that run go on' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async cordon(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Body() { reason }: CordonWolfInstanceDto,
  ): Promise<WolfInstanceDto> {
    return this.answer('cordon', id, by, await this.operations.cordon(id, by, reason));
  }

  @Post('uncordon')
  @HttpCode(200)
  @ApiOperation({ summary: 'Place sessions there again; ends a drain too' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async uncordon(@Param('id') id: string, @CurrentOperator() by: Operator): Promise<WolfInstanceDto> {
    return this.answer('uncordon', id, by, await this.operations.uncordon(id, by));
  }

  @Post('drain')
  @HttpCode(200)
  @ApiOperation({ summary: 'Empty it: place no more sessions there, and stop those that are left after a deadline' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async drain(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Body() { reason, deadline_s: deadlineS }: DrainWolfInstanceDto,
  ): Promise<WolfInstanceDto> {
    const drained = await this.operations.drain(id, by, {
      ...(reason !== undefined && { reason }),
      ...(deadlineS !== undefined && { deadlineMs: deadlineS * 1_000 }),
    });
    return this.answer('drain', id, by, drained);
  }

  @Patch()
  @ApiOperation({ summary: 'Change its name, labels and limits; null takes the word of an operator back' })
  @ApiBody({ type: EditWolfInstanceDto })
  @ApiOkResponse({ type: WolfInstanceDto })
  async edit(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @HostEditBody() edit: HostEdit,
  ): Promise<WolfInstanceDto> {
    return this.answer('edit', id, by, await this.operations.edit(id, by, edit));
  }

  @Delete()
  @HttpCode(200)
  @ApiOperation({ summary: 'Forget a host; refused while it carries sessions' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', example: 'ok' } } } })
  async remove(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Query() query: RemoveWolfInstanceDto,
  ): Promise<{ readonly status: 'ok' }> {
    const force = query.force === 'true';
    const isRemoved = await this.operations.remove(id, by, { force });
    // Also when it was removed before: an earlier removal may have come no further than that.
    if (force) await this.agents.giveUpHost(id);
    if (!isRemoved) throw unknownHost();
    this.record(force ? 'force-remove' : 'remove', id, by);
    return { status: 'ok' };
  }

  private answer(verb: string, id: string, by: Operator, instance: WolfInstance | undefined): WolfInstanceDto {
    if (instance === undefined) throw unknownHost();
    this.record(verb, id, by);
    return toWolfInstanceDto(instance);
  }

  /** Beside the event in the database, whose number and age are bounded. */
  private record(verb: string, wolfInstanceId: string, { actor, remoteAddress }: Operator): void {
    const fields = { audit: 'wolf-instance', verb, wolfInstanceId, userId: actor, address: remoteAddress };
    this.logger.info(fields, 'an operator changed a host');
  }
}

function unknownHost(): ApiError {
  return new ApiError('NOT_FOUND', 'Wolf instance not found');
}
