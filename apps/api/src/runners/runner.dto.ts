import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { hasLink, LINK_TRANSPORTS, type RunnerStatus } from '@helix/revdial';
import type { WolfInstance } from '@helix/scheduler';
import { SHOWN_RUNNER_STATES, shownRunnerState } from '../answers/runner-state.js';

/** The host that a runner is a part of, as the registry has it. */
export class RunnerHostDto {
  @ApiProperty({ enum: ['online', 'degraded', 'draining', 'cordoned', 'offline'] }) status!: string;
  @ApiProperty({ type: [String], example: ['Cordoned'], description: 'What holds of it now' })
  conditions!: readonly string[];
  @ApiProperty() cordoned!: boolean;
  @ApiProperty() draining!: boolean;
  @ApiProperty({ description: 'Slots taken' }) connected_sandboxes!: number;
  @ApiProperty() max_sandboxes!: number;
}

/** A runner as admins see it. */
export class RunnerDto {
  @ApiProperty({ example: 'wolf-local' }) id!: string;
  @ApiProperty({ enum: ['wolf', 'moonlight', 'hydra', 'sandbox'] }) kind!: string;
  @ApiPropertyOptional({ description: 'For the parts of a host' }) wolf_instance_id?: string;
  @ApiPropertyOptional({
    type: RunnerHostDto,
    description: 'For the parts of a host that is registered; absent while the database is away',
  })
  wolf_instance?: RunnerHostDto;
  @ApiPropertyOptional({ description: 'For desktops' }) session_id?: string;
  @ApiProperty({
    enum: SHOWN_RUNNER_STATES,
    description: '`connected` while a connection stands; `away`: its link waits to be resumed; `grace`: it has no link',
  })
  state!: string;
  @ApiProperty({ description: 'Who holds it', example: 'runner' }) principal!: string;
  @ApiProperty({ description: 'Rises with every link of this runner' }) generation!: number;
  @ApiPropertyOptional({ enum: LINK_TRANSPORTS }) transport?: string;
  @ApiPropertyOptional() remote_address?: string;
  @ApiPropertyOptional() connected_since?: string;
  @ApiPropertyOptional() last_seen?: string;
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'Milliseconds; null where the transport cannot measure it',
  })
  round_trip_ms?: number | null;
  @ApiPropertyOptional({ description: 'Milliseconds for which it has owed a sign of life' }) unanswered_ms?: number;
  @ApiPropertyOptional({ description: 'Milliseconds for which a lost connection may still be resumed' })
  resume_left_ms?: number;
  @ApiPropertyOptional({ description: 'How often the link was resumed' }) resumptions?: number;
  @ApiPropertyOptional() open_streams?: number;
  @ApiPropertyOptional() bytes_in?: number;
  @ApiPropertyOptional() bytes_out?: number;
  @ApiProperty({ description: 'The link is lost, or waits to be resumed, and dials wait for it' }) in_grace!: boolean;
  @ApiPropertyOptional() lost_since?: string;
  @ApiPropertyOptional({ description: 'Milliseconds until waiting dials fail' }) grace_left_ms?: number;
  @ApiPropertyOptional() waiting_dials?: number;
}

export class RunnerListDto {
  @ApiProperty({ type: [RunnerDto] }) runners!: readonly RunnerDto[];
  @ApiProperty() total!: number;
}

export function toRunnerDto(runner: RunnerStatus, host?: WolfInstance): RunnerDto {
  const about = {
    id: runner.runnerId,
    kind: runner.kind,
    ...(runner.kind === 'sandbox' ? { session_id: runner.subject } : { wolf_instance_id: runner.subject }),
    ...(host !== undefined && { wolf_instance: toRunnerHostDto(host) }),
    state: shownRunnerState(runner),
    principal: runner.principal,
    generation: runner.generation,
    in_grace: runner.state !== 'connected',
  };
  if (!hasLink(runner)) {
    return {
      ...about,
      lost_since: runner.lostAt.toISOString(),
      grace_left_ms: Math.round(runner.leftMs),
      waiting_dials: runner.waitingDialCount,
    };
  }
  return {
    ...about,
    transport: runner.transport,
    remote_address: runner.remoteAddress,
    connected_since: runner.connectedAt.toISOString(),
    last_seen: runner.stats.lastSeenAt.toISOString(),
    round_trip_ms: runner.stats.roundTripMs === undefined ? null : Math.round(runner.stats.roundTripMs * 1_000) / 1_000,
    unanswered_ms: Math.round(runner.stats.unansweredMs),
    ...(runner.state === 'resuming' && { resume_left_ms: Math.round(runner.resumeLeftMs) }),
    ...(runner.stats.resumptionCount === undefined ? {} : { resumptions: runner.stats.resumptionCount }),
    ...(runner.stats.waitingDialCount === undefined ? {} : { waiting_dials: runner.stats.waitingDialCount }),
    open_streams: runner.stats.openStreamCount,
    bytes_in: runner.stats.bytesIn,
    bytes_out: runner.stats.bytesOut,
  };
}

function toRunnerHostDto(host: WolfInstance): RunnerHostDto {
  return {
    status: host.status,
    conditions: host.conditions.map(({ type }) => type),
    cordoned: host.cordonedAt !== null,
    draining: host.drainStartedAt !== null,
    connected_sandboxes: host.connectedSandboxCount,
    max_sandboxes: host.maxSandboxes,
  };
}
