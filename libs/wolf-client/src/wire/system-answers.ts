import { z } from 'zod';
import type { WolfGpuStats, WolfHealthReport, WolfMemoryReport, WolfThread } from '../model/system-report.js';
import { listOf, lobbyId, u64 } from './answer.js';

const gpuStats = z
  .object({
    available: z.boolean(),
    gpu_name: z.string(),
    encoder_session_count: z.number(),
    encoder_average_fps: z.number(),
    encoder_average_latency_us: z.number(),
    encoder_utilization_percent: z.number(),
    gpu_utilization_percent: z.number(),
    memory_utilization_percent: z.number(),
    memory_used_mb: z.number(),
    memory_total_mb: z.number(),
    temperature_celsius: z.number(),
    query_duration_ms: z.number(),
    error: z.string(),
  })
  .transform((wire): WolfGpuStats => ({
    available: wire.available,
    name: wire.gpu_name,
    encoderSessionCount: wire.encoder_session_count,
    encoderAverageFps: wire.encoder_average_fps,
    encoderAverageLatencyUs: wire.encoder_average_latency_us,
    encoderUtilizationPercent: wire.encoder_utilization_percent,
    gpuUtilizationPercent: wire.gpu_utilization_percent,
    memoryUtilizationPercent: wire.memory_utilization_percent,
    memoryUsedMb: wire.memory_used_mb,
    memoryTotalMb: wire.memory_total_mb,
    temperatureCelsius: wire.temperature_celsius,
    queryDurationMs: wire.query_duration_ms,
    error: wire.error,
  }));

const appMemory = z
  .object({
    app_id: z.string(),
    app_name: z.string().default(''),
    resolution: z.string().default(''),
    client_count: z.number().default(0),
    memory_bytes: z.number().default(0),
  })
  .transform((wire) => ({
    appId: wire.app_id,
    name: wire.app_name,
    resolution: wire.resolution,
    clientCount: wire.client_count,
    memoryBytes: wire.memory_bytes,
  }));

const lobbyMemory = z
  .object({
    lobby_id: lobbyId,
    lobby_name: z.string(),
    resolution: z.string(),
    client_count: z.number(),
    memory_bytes: z.number(),
  })
  .transform((wire) => ({
    lobbyId: wire.lobby_id,
    name: wire.lobby_name,
    resolution: wire.resolution,
    clientCount: wire.client_count,
    memoryBytes: wire.memory_bytes,
  }));

const clientMemory = z
  .object({
    session_id: u64,
    client_ip: z.string(),
    resolution: z.string(),
    lobby_id: lobbyId.nullish(),
    app_id: z.string().nullish(),
    memory_bytes: z.number(),
  })
  .transform((wire) => ({
    sessionId: wire.session_id,
    clientIp: wire.client_ip,
    resolution: wire.resolution,
    ...(typeof wire.lobby_id === 'string' && { lobbyId: wire.lobby_id }),
    ...(typeof wire.app_id === 'string' && { appId: wire.app_id }),
    memoryBytes: wire.memory_bytes,
  }));

/** `GET /system/memory` (wolf-api §3.7). */
export const memoryAnswer = z
  .object({
    process_rss_bytes: z.number(),
    gstreamer_buffer_bytes: z.number(),
    total_memory_bytes: z.number(),
    apps: listOf(appMemory).default([]),
    lobbies: listOf(lobbyMemory),
    clients: listOf(clientMemory),
    gpu_stats: gpuStats.nullish(),
    gstreamer_pipelines: z.object({ producer_pipelines: z.number(), consumer_pipelines: z.number() }),
  })
  .transform((wire): WolfMemoryReport => ({
    processRssBytes: wire.process_rss_bytes,
    gstreamerBufferBytes: wire.gstreamer_buffer_bytes,
    totalMemoryBytes: wire.total_memory_bytes,
    apps: wire.apps,
    lobbies: wire.lobbies,
    clients: wire.clients,
    ...(wire.gpu_stats != null && { gpu: wire.gpu_stats }),
    producerPipelineCount: wire.gstreamer_pipelines.producer_pipelines,
    consumerPipelineCount: wire.gstreamer_pipelines.consumer_pipelines,
  }));

const thread = z
  .object({
    tid: z.number().default(0),
    name: z.string(),
    details: z.string(),
    seconds_since_heartbeat: z.number(),
    seconds_alive: z.number().default(0),
    heartbeat_count: z.number().default(0),
    is_stuck: z.boolean(),
    current_request_path: z.string().default(''),
    request_duration_seconds: z.number().default(0),
    has_active_request: z.boolean().default(false),
    stack_trace: z.string().default(''),
  })
  .transform((wire): WolfThread => ({
    tid: wire.tid,
    name: wire.name,
    details: wire.details,
    secondsSinceHeartbeat: wire.seconds_since_heartbeat,
    secondsAlive: wire.seconds_alive,
    heartbeatCount: wire.heartbeat_count,
    isStuck: wire.is_stuck,
    currentRequestPath: wire.current_request_path,
    requestDurationSeconds: wire.request_duration_seconds,
    hasActiveRequest: wire.has_active_request,
    stackTrace: wire.stack_trace,
  }));

/** `GET /system/health` (wolf-api §3.7). */
export const healthAnswer = z
  .object({
    process_uptime_seconds: z.number(),
    threads: listOf(thread),
    stuck_thread_count: z.number(),
    total_thread_count: z.number(),
    can_create_new_pipelines: z.boolean(),
    overall_status: z.enum(['healthy', 'degraded', 'critical']),
  })
  .transform((wire): WolfHealthReport => ({
    processUptimeSeconds: wire.process_uptime_seconds,
    overallStatus: wire.overall_status,
    canCreateNewPipelines: wire.can_create_new_pipelines,
    stuckThreadCount: wire.stuck_thread_count,
    totalThreadCount: wire.total_thread_count,
    threads: wire.threads,
  }));
