import type { WolfLobbyId, WolfU64 } from './ids.js';

/** Wolf's own account of its memory: estimates by formula except `processRssBytes` and `gpu` (wolf-api §3.7). */
export interface WolfMemoryReport {
  readonly processRssBytes: number;
  readonly gstreamerBufferBytes: number;
  readonly totalMemoryBytes: number;
  /** Placeholders: their counts and sizes are always 0. */
  readonly apps: readonly {
    readonly appId: string;
    readonly name: string;
    readonly resolution: string;
    readonly clientCount: number;
    readonly memoryBytes: number;
  }[];
  readonly lobbies: readonly {
    readonly lobbyId: WolfLobbyId;
    readonly name: string;
    /** Such as `1920x1080@60`. */
    readonly resolution: string;
    readonly clientCount: number;
    readonly memoryBytes: number;
  }[];
  readonly clients: readonly {
    readonly sessionId: WolfU64;
    readonly clientIp: string;
    readonly resolution: string;
    readonly lobbyId?: WolfLobbyId;
    readonly appId?: string;
    readonly memoryBytes: number;
  }[];
  /** Absent only on builds that measure none. */
  readonly gpu?: WolfGpuStats;
  readonly producerPipelineCount: number;
  readonly consumerPipelineCount: number;
}

/** All zero means broken monitoring, not an idle GPU. */
export interface WolfGpuStats {
  readonly available: boolean;
  readonly name: string;
  readonly encoderSessionCount: number;
  readonly encoderAverageFps: number;
  readonly encoderAverageLatencyUs: number;
  readonly encoderUtilizationPercent: number;
  readonly gpuUtilizationPercent: number;
  readonly memoryUtilizationPercent: number;
  readonly memoryUsedMb: number;
  readonly memoryTotalMb: number;
  readonly temperatureCelsius: number;
  readonly queryDurationMs: number;
  readonly error: string;
}

/** Health as Wolf judges it; asking costs it at least 100 ms of its one thread (wolf-api §3.7). */
export interface WolfHealthReport {
  /** Since the first time anyone asked, not since the start. */
  readonly processUptimeSeconds: number;
  readonly overallStatus: 'healthy' | 'degraded' | 'critical';
  readonly canCreateNewPipelines: boolean;
  readonly stuckThreadCount: number;
  readonly totalThreadCount: number;
  readonly threads: readonly WolfThread[];
}

export interface WolfThread {
  readonly tid: number;
  readonly name: string;
  readonly details: string;
  readonly secondsSinceHeartbeat: number;
  readonly secondsAlive: number;
  readonly heartbeatCount: number;
  readonly isStuck: boolean;
  /** Empty while it serves none. */
  readonly currentRequestPath: string;
  readonly requestDurationSeconds: number;
  readonly hasActiveRequest: boolean;
  /** Really the name of the system call it is in. */
  readonly stackTrace: string;
}
