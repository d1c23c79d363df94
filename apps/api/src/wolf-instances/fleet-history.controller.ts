import { Controller, Get, Param, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  DiskHistory,
  type DiskSample,
  type FleetEvent,
  FleetEvents,
  type WolfInstance,
  WolfInstanceRegistry,
} from '@helix/scheduler';
import { IsInt, IsOptional, Matches, Min } from 'class-validator';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { AbsentWhenEmpty, NumberUnlessEmpty } from '../input/lenient-text.js';
import { API_LIMITS } from '../limits.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

export class ListFleetEventsDto {
  @ApiPropertyOptional({
    description: 'Only what is older than the event of this id: `next_before` of the page before',
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @Matches(/^[0-9]{1,18}$/, { message: 'before must be the id of an event' })
  before?: string;

  @ApiPropertyOptional({
    minimum: 1,
    default: API_LIMITS.pageSizeDefault,
    description: `More than ${String(API_LIMITS.pageSizeMax)} counts as that`,
  })
  @NumberUnlessEmpty()
  @IsOptional()
  @IsInt()
  @Min(1)
  limit?: number;
}

class FleetEventDto {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'The host may be gone by now' }) wolf_instance_id!: string;
  @ApiProperty() at!: string;
  @ApiProperty({ example: 'status', description: 'status, condition, disk-alert, operator, capacity-drift, …' })
  kind!: string;
  @ApiProperty() message!: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) details!: Readonly<Record<string, unknown>>;
  @ApiPropertyOptional({ description: 'Of what an operator did: who' }) actor?: string;
  @ApiPropertyOptional({ description: 'Of what an operator did: from where' }) remote_address?: string;
}

export class FleetEventListDto {
  @ApiProperty({ type: [FleetEventDto], description: 'Newest first' }) events!: readonly FleetEventDto[];
  @ApiPropertyOptional({ description: 'For the next page; absent on the last' }) next_before?: string;
}

/** Of one more than the page has: whether there is another. */
function toFleetEventListDto(events: readonly FleetEvent[], size: number): FleetEventListDto {
  const listed = events.slice(0, size);
  const last = listed.at(-1);
  return {
    events: listed.map((event) => ({
      id: event.id,
      wolf_instance_id: event.wolfInstanceId,
      at: event.at.toISOString(),
      kind: event.kind,
      message: event.message,
      details: event.details,
      ...(event.actor != null && { actor: event.actor }),
      ...(event.remoteAddress != null && { remote_address: event.remoteAddress }),
    })),
    ...(events.length > size && last !== undefined && { next_before: last.id }),
  };
}

function eventPageSize({ limit }: ListFleetEventsDto): number {
  return Math.min(limit ?? API_LIMITS.pageSizeDefault, API_LIMITS.pageSizeMax);
}

const BYTES_PER_MB = 1_048_576;

class DiskSampleDto {
  @ApiProperty() timestamp!: string;
  @ApiProperty() mount_point!: string;
  @ApiProperty() total_mb!: number;
  @ApiProperty() used_mb!: number;
  @ApiProperty() avail_mb!: number;
  @ApiProperty() used_percent!: number;
  @ApiProperty({ enum: ['ok', 'warning', 'critical'] }) alert_level!: string;
}

class ContainerSizeDto {
  @ApiProperty() container_name!: string;
  @ApiProperty() latest_size_mb!: number;
}

/** As Helix's clients read it (helix-rest §4.1). */
export class DiskHistoryDto {
  @ApiProperty() wolf_instance_id!: string;
  @ApiProperty() wolf_name!: string;
  @ApiProperty({
    type: [DiskSampleDto],
    description: 'Oldest first; at most 300 of each mount, each the fullest of its span',
  })
  history!: readonly DiskSampleDto[];
  @ApiPropertyOptional({ type: [ContainerSizeDto], description: 'Largest first' })
  containers?: readonly ContainerSizeDto[];
}

function toDiskHistoryDto(instance: WolfInstance, samples: readonly DiskSample[]): DiskHistoryDto {
  return {
    wolf_instance_id: instance.id,
    wolf_name: instance.name,
    history: samples.map((sample) => ({
      timestamp: sample.at.toISOString(),
      mount_point: sample.mountPoint,
      total_mb: inMb(sample.totalBytes),
      used_mb: inMb(sample.usedBytes),
      avail_mb: inMb(sample.availBytes),
      used_percent: sample.usedPercent,
      alert_level: sample.alertLevel,
    })),
    ...(instance.containers.length > 0 && {
      containers: instance.containers.map(({ name, sizeBytes }) => ({
        container_name: name,
        latest_size_mb: inMb(sizeBytes),
      })),
    }),
  };
}

function inMb(bytes: number): number {
  return Math.round(bytes / BYTES_PER_MB);
}

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

/** Helix's clients get an answer for any value (helix-rest §4.1). */
function hoursOf(value: unknown): number {
  const hours = typeof value === 'string' ? Number(value) : HOURS_DEFAULT;
  return Number.isInteger(hours) && hours >= 1 && hours <= HOURS_MAX ? hours : HOURS_DEFAULT;
}
