import { Controller, Get, Injectable, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { MoonlightStatus, type MoonlightStatusReport } from '@helix/external-agent';
import type { Response } from 'express';
import { Access } from '../access/access.decorator.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { WolfHosts, WolfInstanceQueryDto } from '../wolf/wolf-hosts.js';
import { API_LIMITS } from '../limits.js';
import { SharedAnswers } from '../wolf/shared-answers.js';

/** What pages ask of each host's Moonlight Web, over and over: it is asked once for all of them. */
@Injectable()
export class MoonlightReports {
  readonly status: SharedAnswers<MoonlightStatusReport>;

  constructor(status: MoonlightStatus) {
    this.status = new SharedAnswers(API_LIMITS.moonlightStatusFreshMs, (wolfInstanceId, signal) =>
      status.read(wolfInstanceId, signal),
    );
  }
}

export class MoonlightClientDto {
  @ApiProperty() client_unique_id!: string;
  @ApiProperty({ enum: [true] }) has_certificate!: boolean;
}

export class MoonlightStreamDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ type: String, nullable: true }) client_unique_id!: string | null;
  @ApiProperty({ example: 'create' }) mode!: string;
  @ApiProperty() has_websocket!: boolean;
  @ApiProperty({ type: Number, nullable: true }) streamer_pid!: number | null;
  @ApiProperty() streamer_alive!: boolean;
}

/** Moonlight Web's own keys (helix-rest §4.4). An older one tells of no clients. */
export class MoonlightStatusDto {
  @ApiProperty() total_clients!: number;
  @ApiProperty() total_sessions!: number;
  @ApiProperty() active_websockets!: number;
  @ApiProperty({ type: [MoonlightClientDto] }) clients!: readonly MoonlightClientDto[];
  @ApiProperty({ type: [MoonlightStreamDto] }) sessions!: readonly MoonlightStreamDto[];
}

function toMoonlightStatusDto({ clientUniqueIds, streams }: MoonlightStatusReport): MoonlightStatusDto {
  return {
    total_clients: clientUniqueIds.length,
    total_sessions: streams.length,
    active_websockets: streams.filter(({ hasWebSocket }) => hasWebSocket).length,
    clients: clientUniqueIds.map((id) => ({ client_unique_id: id, has_certificate: true })),
    sessions: streams.map((stream) => ({
      session_id: stream.sessionId,
      client_unique_id: stream.clientUniqueId ?? null,
      mode: stream.mode,
      has_websocket: stream.hasWebSocket,
      streamer_pid: stream.streamerPid ?? null,
      streamer_alive: stream.isStreamerAlive,
    })),
  };
}

/** The streams of a host. Its `wolf_instance_id` must be named, which Helix's page does. */
@ApiTags('moonlight')
@ApiBearerAuth()
@Controller('api/v1/moonlight/status')
@Access('admin')
export class MoonlightStatusController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly reports: MoonlightReports,
  ) {}

  @Get()
  @ApiOperation({ summary: "The streams of a host's Moonlight Web, at most a second old" })
  @ApiOkResponse({ type: MoonlightStatusDto })
  async read(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MoonlightStatusDto> {
    const signal = whenCallerLeaves(response);
    const wolfInstanceId = await this.hosts.named(query.wolf_instance_id);
    return toMoonlightStatusDto(await this.reports.status.get(wolfInstanceId, signal));
  }
}
