import { WolfFloat, type Printable } from '../json-writer.js';
import type { WolfCore } from '../wolf-core.js';
import { GPU_IDLE_MEMORY_MB } from '../wolf-limits.js';

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
