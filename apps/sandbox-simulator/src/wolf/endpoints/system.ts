import { type WolfEndpoint, reads } from '../endpoint.js';
import { type Printable, WolfFloat } from '../json.js';
import type { Lobby } from '../lobby-table.js';
import type { WolfCore } from '../wolf-core.js';
import { GPU_IDLE_MEMORY_MB, HEALTH_CALL_MS, STUCK_THREADS_MAX_COUNT } from '../wolf-limits.js';
import { UncaughtWolfException, type WolfReply, success } from '../wolf-reply.js';

const MIB = 1024 * 1024;

/** wolf-api §3.7. */
export const SYSTEM_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/system/memory', 'nov25', memoryReport),
  reads('/system/health', 'nov25', healthReport),
];

function memoryReport(core: WolfCore): WolfReply {
  if (core.faults.gpuStats === 'throws') throw new UncaughtWolfException('stoi');
  const lobbies = core.lobbies.list();
  const sessions = core.sessions.list();
  const lobbySumBytes = lobbies.reduce((sum, lobby) => sum + lobbyBytes(lobby), 0);
  return success({
    process_rss_bytes: core.processRssBytes,
    gstreamer_buffer_bytes: Math.floor(lobbySumBytes / 2),
    total_memory_bytes: core.processRssBytes,
    apps: core.apps.map((app) => ({
      app_id: app.id,
      app_name: app.title,
      resolution: 'N/A',
      client_count: 0,
      memory_bytes: 0,
    })),
    lobbies: lobbies.map((lobby) => ({
      lobby_id: lobby.id,
      lobby_name: lobby.name,
      resolution: resolution(lobby.video.width, lobby.video.height, lobby.video.refresh_rate),
      client_count: lobby.connectedSessionIds.length,
      memory_bytes: lobbyBytes(lobby),
    })),
    clients: sessions.map((session) => ({
      session_id: session.clientId,
      client_ip: session.clientIp,
      resolution: resolution(session.width, session.height, session.refreshRate),
      lobby_id: core.lobbies.findBySession(session.clientId)?.id,
      app_id: session.appId,
      memory_bytes: 30 * MIB,
    })),
    gpu_stats: gpuStats(core),
    gstreamer_pipelines: {
      producer_pipelines: 2 * lobbies.length,
      consumer_pipelines: 2 * sessions.length,
      total_pipelines: 2 * lobbies.length + 2 * sessions.length,
    },
  });
}

/** Wolf's estimate: a base, four buffers of three bytes for each pixel, and a share for each client. */
function lobbyBytes({ video, connectedSessionIds }: Lobby): number {
  return 50 * MIB + video.width * video.height * 12 + 20 * MIB * connectedSessionIds.length;
}

function resolution(width: number, height: number, refreshRate: number): string {
  return `${String(width)}x${String(height)}@${String(refreshRate)}`;
}

async function healthReport(core: WolfCore): Promise<WolfReply> {
  await core.wait(HEALTH_CALL_MS);
  const now = core.now();
  core.firstHealthCallAt ??= now;
  const { health, stuckThreadCount, canCreatePipelines } = core.faults;
  const stuckCount = Math.min(Math.max(stuckThreadCount, health === 'degraded' ? 1 : 0), STUCK_THREADS_MAX_COUNT);
  const isCritical = health === 'critical' || !canCreatePipelines;
  return success({
    process_uptime_seconds: Math.floor((now - core.firstHealthCallAt) / 1000),
    threads: [
      thread(1, 'API server', '/api/v1/system/health', false),
      ...Array.from({ length: Math.max(stuckCount, 1) }, (_, index) =>
        thread(2 + index, 'GStreamer', '', index < stuckCount),
      ),
    ],
    stuck_thread_count: stuckCount,
    total_thread_count: 1 + Math.max(stuckCount, 1),
    can_create_new_pipelines: !isCritical,
    overall_status: isCritical ? 'critical' : stuckCount > 0 ? 'degraded' : 'healthy',
  });
}

function thread(tid: number, name: string, requestPath: string, stuck: boolean): Printable {
  return {
    tid,
    name,
    details: '',
    seconds_since_heartbeat: stuck ? 47 : 0,
    seconds_alive: 60,
    heartbeat_count: 60,
    is_stuck: stuck,
    current_request_path: requestPath,
    request_duration_seconds: 0,
    has_active_request: requestPath !== '',
    stack_trace: stuck ? 'futex' : 'epoll_wait',
  };
}

/**
 * What Wolf has from the vendor's own tool (wolf-api §3.7): all zero once that is broken, and on AMD without anything of the
 * encoder, of utilisation and of temperature.
 */
export function gpuStats({ faults, lobbies, sessions }: WolfCore): Printable {
  const state = faults.gpuStats;
  const isMeasured = state === 'normal' || state === 'amd';
  const value = (normal: number): number => (isMeasured ? normal : 0);
  const nvidiaValue = (normal: number): number => (state === 'normal' ? normal : 0);
  const usedMb = faults.videoMemoryUsedMb ?? GPU_IDLE_MEMORY_MB + faults.videoMemoryPerLobbyMb * lobbies.list().length;
  return {
    available: state !== 'unavailable',
    gpu_name: state === 'unavailable' ? '' : state === 'amd' ? 'AMD Radeon Pro W7900' : faults.gpuName,
    encoder_session_count: nvidiaValue(faults.encoderSessionCount ?? sessions.list().length),
    encoder_average_fps: new WolfFloat(nvidiaValue(60)),
    encoder_average_latency_us: nvidiaValue(4100),
    encoder_utilization_percent: nvidiaValue(9),
    gpu_utilization_percent: nvidiaValue(17),
    memory_utilization_percent: nvidiaValue(12),
    memory_used_mb: value(Math.min(usedMb, faults.videoMemoryTotalMb)),
    memory_total_mb: value(faults.videoMemoryTotalMb),
    temperature_celsius: nvidiaValue(52),
    query_duration_ms: 74,
    error: state === 'unavailable' ? 'Failed to parse nvidia-smi output: expected 10 fields' : '',
  };
}
