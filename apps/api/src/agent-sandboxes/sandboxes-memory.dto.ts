import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { WolfGpuStats, WolfMemoryReport } from '@helix/wolf-client';

export class GpuStatsDto {
  @ApiProperty() gpu_name!: string;
  @ApiProperty() encoder_session_count!: number;
  @ApiProperty() encoder_average_fps!: number;
  @ApiProperty() encoder_average_latency_us!: number;
  @ApiProperty() encoder_utilization_percent!: number;
  @ApiProperty() gpu_utilization_percent!: number;
  @ApiProperty() memory_utilization_percent!: number;
  @ApiProperty() memory_used_mb!: number;
  @ApiProperty() memory_total_mb!: number;
  @ApiProperty() temperature_celsius!: number;
  @ApiProperty() query_duration_ms!: number;
  @ApiProperty() available!: boolean;
  @ApiPropertyOptional() error?: string;
}

export class PipelinesDto {
  @ApiProperty() producer_pipelines!: number;
  @ApiProperty() consumer_pipelines!: number;
  @ApiProperty() total_pipelines!: number;
}

export class AppMemoryDto {
  @ApiProperty() app_id!: string;
  @ApiProperty() app_name!: string;
  @ApiProperty() resolution!: string;
  @ApiProperty() client_count!: number;
  @ApiProperty() memory_bytes!: number;
}

export class LobbyMemoryDto {
  @ApiProperty() lobby_id!: string;
  @ApiProperty() lobby_name!: string;
  @ApiProperty() resolution!: string;
  @ApiProperty() client_count!: number;
  @ApiProperty() memory_bytes!: number;
}

export class ClientMemoryDto {
  @ApiProperty() session_id!: string;
  @ApiProperty() client_ip!: string;
  @ApiProperty() resolution!: string;
  @ApiPropertyOptional() lobby_id?: string;
  @ApiPropertyOptional() app_id?: string;
  @ApiProperty() memory_bytes!: number;
}

/** Wolf's memory report in its own keys (helix-rest §4.3). */
export class SandboxesMemoryDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty() process_rss_bytes!: number;
  @ApiProperty() gstreamer_buffer_bytes!: number;
  @ApiProperty() total_memory_bytes!: number;
  @ApiProperty({ type: [AppMemoryDto] }) apps!: readonly AppMemoryDto[];
  @ApiProperty({ type: [LobbyMemoryDto] }) lobbies!: readonly LobbyMemoryDto[];
  @ApiProperty({ type: [ClientMemoryDto] }) clients!: readonly ClientMemoryDto[];
  @ApiPropertyOptional({ type: GpuStatsDto }) gpu_stats?: GpuStatsDto;
  @ApiProperty({ type: PipelinesDto }) gstreamer_pipelines!: PipelinesDto;
}

export function toSandboxesMemoryDto(report: WolfMemoryReport): SandboxesMemoryDto {
  return {
    success: true,
    process_rss_bytes: report.processRssBytes,
    gstreamer_buffer_bytes: report.gstreamerBufferBytes,
    total_memory_bytes: report.totalMemoryBytes,
    apps: report.apps.map((app) => ({
      app_id: app.appId,
      app_name: app.name,
      resolution: app.resolution,
      client_count: app.clientCount,
      memory_bytes: app.memoryBytes,
    })),
    lobbies: report.lobbies.map((lobby) => ({
      lobby_id: lobby.lobbyId,
      lobby_name: lobby.name,
      resolution: lobby.resolution,
      client_count: lobby.clientCount,
      memory_bytes: lobby.memoryBytes,
    })),
    clients: report.clients.map((client) => ({
      session_id: client.sessionId,
      client_ip: client.clientIp,
      resolution: client.resolution,
      ...(client.lobbyId !== undefined && { lobby_id: client.lobbyId }),
      ...(client.appId !== undefined && { app_id: client.appId }),
      memory_bytes: client.memoryBytes,
    })),
    ...(report.gpu !== undefined && { gpu_stats: toGpuStatsDto(report.gpu) }),
    gstreamer_pipelines: {
      producer_pipelines: report.producerPipelineCount,
      consumer_pipelines: report.consumerPipelineCount,
      total_pipelines: report.producerPipelineCount + report.consumerPipelineCount,
    },
  };
}

function toGpuStatsDto(gpu: WolfGpuStats): GpuStatsDto {
  return {
    gpu_name: gpu.name,
    encoder_session_count: gpu.encoderSessionCount,
    encoder_average_fps: gpu.encoderAverageFps,
    encoder_average_latency_us: gpu.encoderAverageLatencyUs,
    encoder_utilization_percent: gpu.encoderUtilizationPercent,
    gpu_utilization_percent: gpu.gpuUtilizationPercent,
    memory_utilization_percent: gpu.memoryUtilizationPercent,
    memory_used_mb: gpu.memoryUsedMb,
    memory_total_mb: gpu.memoryTotalMb,
    temperature_celsius: gpu.temperatureCelsius,
    query_duration_ms: gpu.queryDurationMs,
    available: gpu.available,
    ...(gpu.error !== '' && { error: gpu.error }),
  };
}
