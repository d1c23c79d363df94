import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PLACEMENT_STRATEGIES, REFUSAL_REASONS, type Obstacle, type PlacementDecision } from '@helix/scheduler';

/** A host that was looked at; for admins. */
export class ConsideredHostDto {
  @ApiProperty() id!: string;
  @ApiPropertyOptional({ description: 'There, and true, for the one that was taken' }) chosen?: true;
  @ApiPropertyOptional({ description: 'Share of its slots that was taken, where that was looked at' }) score?: number;
  @ApiProperty({ example: 'encoders 8/8' }) why!: string;
  @ApiPropertyOptional({
    type: Object,
    description: 'The first thing that speaks against it, by `code`, and by how much',
    example: { code: 'encoders', used: 8, max: 8 },
  })
  obstacle?: Readonly<Record<string, unknown>>;
}

/** Why a session is where it is, or nowhere. */
export class PlacementDto {
  @ApiProperty({ enum: ['placed', 'refused', 'queued'] }) outcome!: string;
  @ApiProperty() at!: string;
  @ApiProperty({ description: 'One sentence that names no host' }) message!: string;
  @ApiPropertyOptional({
    enum: REFUSAL_REASONS,
    description: 'Of a refusal, and of what a session that is queued waits for',
  })
  reason?: string;
  @ApiProperty({ enum: PLACEMENT_STRATEGIES }) strategy!: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many hosts each thing spoke against',
    example: { slots: 3, 'gpu-vendor': 1 },
  })
  counts!: Readonly<Record<string, number>>;
  @ApiProperty({ description: 'How many hosts were looked at' }) considered_count!: number;
  @ApiProperty({ description: 'A host was found' }) chosen!: boolean;
  @ApiPropertyOptional({ description: 'Which; for others than admins only while the session shows it too' })
  wolf_instance_id?: string;
  @ApiPropertyOptional({ type: [ConsideredHostDto], description: 'For admins; those nearest to fitting first' })
  hosts?: readonly ConsideredHostDto[];
}

export class SessionPlacementDto extends PlacementDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
}

/** Without the names of hosts. */
export function toPlacementSummary(decision: PlacementDecision): PlacementDto {
  const { outcome, at, message, reason, strategy, counts, consideredCount, chosen } = decision;
  return {
    outcome,
    at,
    message,
    ...(reason !== undefined && { reason }),
    strategy,
    counts,
    considered_count: consideredCount,
    chosen: chosen !== undefined,
  };
}

export function toPlacementDto(decision: PlacementDecision): PlacementDto {
  const { chosen, hosts } = decision;
  return Object.assign(toPlacementSummary(decision), {
    ...(chosen !== undefined && { wolf_instance_id: chosen.id }),
    hosts: hosts.map(({ id, score, why, obstacle }) => ({
      id,
      ...(id === chosen?.id && { chosen: true }),
      ...(score !== undefined && { score: Math.round(score * 1_000) / 1_000 }),
      why,
      ...(obstacle !== undefined && { obstacle: toObstacleDto(obstacle) }),
    })),
  });
}

function toObstacleDto(obstacle: Obstacle): Readonly<Record<string, unknown>> {
  switch (obstacle.code) {
    case 'silent':
      return { code: obstacle.code, for_ms: obstacle.forMs };
    case 'video-memory':
      return { code: obstacle.code, short_mb: obstacle.shortMb };
    default:
      return { ...obstacle };
  }
}
