import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { FleetEvent } from '@helix/scheduler';
import { IsInt, IsOptional, Matches, Min } from 'class-validator';
import { AbsentWhenEmpty, NumberUnlessEmpty } from '../input/lenient-text.js';
import { API_LIMITS } from '../limits.js';

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
export function toFleetEventListDto(events: readonly FleetEvent[], size: number): FleetEventListDto {
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

export function eventPageSize({ limit }: ListFleetEventsDto): number {
  return Math.min(limit ?? API_LIMITS.pageSizeDefault, API_LIMITS.pageSizeMax);
}
