import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DiskHistory, FleetEvents, WolfInstanceRegistry, type WolfInstance } from '@helix/scheduler';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { DiskHistoryDto, toDiskHistoryDto } from './disk-history.dto.js';
import { eventPageSize, FleetEventListDto, ListFleetEventsDto, toFleetEventListDto } from './fleet-event.dto.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

const HOURS_DEFAULT = 24;
const HOURS_MAX = 168;

/** One host, and what became of it and of all. */
@ApiTags('wolf instances')
@ApiBearerAuth()
@Controller('api/v1')
@Access('admin')
export class FleetHistoryController {
  constructor(
    private readonly registry: WolfInstanceRegistry,
    private readonly disks: DiskHistory,
    private readonly events: FleetEvents,
  ) {}

  @Get('wolf-instances/:id')
  @ApiOperation({ summary: 'One host' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async find(@Param('id') id: string): Promise<WolfInstanceDto> {
    return toWolfInstanceDto(await this.get(id));
  }

  @Get('wolf-instances/:id/disk-history')
  @ApiOperation({ summary: 'How full the disks of a host were' })
  @ApiQuery({ name: 'hours', required: false, description: '1 to 168; anything else counts as 24' })
  @ApiOkResponse({ type: DiskHistoryDto })
  async diskHistory(@Param('id') id: string, @Query('hours') hours: unknown): Promise<DiskHistoryDto> {
    const instance = await this.get(id);
    return toDiskHistoryDto(instance, await this.disks.read(id, hoursOf(hours)));
  }

  @Get('wolf-instances/:id/events')
  @ApiOperation({ summary: 'What became of a host and who did what to it, also when it is gone' })
  @ApiOkResponse({ type: FleetEventListDto })
  async eventsOf(@Param('id') id: string, @Query() query: ListFleetEventsDto): Promise<FleetEventListDto> {
    const page = await this.page(query, id);
    if (page.events.length === 0) await this.get(id);
    return page;
  }

  @Get('admin/fleet/events')
  @ApiOperation({ summary: 'What became of all hosts' })
  @ApiOkResponse({ type: FleetEventListDto })
  async allEvents(@Query() query: ListFleetEventsDto): Promise<FleetEventListDto> {
    return await this.page(query);
  }

  private async page(query: ListFleetEventsDto, wolfInstanceId?: string): Promise<FleetEventListDto> {
    const size = eventPageSize(query);
    const events = await this.events.list({
      ...(wolfInstanceId !== undefined && { wolfInstanceId }),
      ...(query.before !== undefined && { beforeId: query.before }),
      limit: size + 1,
    });
    return toFleetEventListDto(events, size);
  }

  /** @throws ApiError NOT_FOUND */
  private async get(id: string): Promise<WolfInstance> {
    const instance = await this.registry.find(id);
    if (instance === undefined) throw new ApiError('NOT_FOUND', 'Wolf instance not found');
    return instance;
  }
}

/** Helix's clients are answered whatever they ask for (helix-rest §4.1). */
function hoursOf(value: unknown): number {
  const hours = typeof value === 'string' ? Number(value) : HOURS_DEFAULT;
  return Number.isInteger(hours) && hours >= 1 && hours <= HOURS_MAX ? hours : HOURS_DEFAULT;
}
