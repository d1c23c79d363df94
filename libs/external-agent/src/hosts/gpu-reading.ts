import type { WolfGpuStats } from '@helix/wolf-client';

export type GpuReading =
  /** This Wolf measures none. */
  | { readonly state: 'none' }
  | { readonly state: 'broken' }
  | {
      readonly state: 'ok';
      readonly gpuName: string;
      readonly encoderSessions: number | undefined;
      readonly videoMemoryUsedMb: number | undefined;
      readonly videoMemoryTotalMb: number | undefined;
    };

/** What PostgreSQL's integer holds; far above any card. */
const MAX_VALUE = 2 ** 31 - 1;

/**
 * What Wolf's figures mean (wolf-api §3.7): all zero is a broken tool and no idle GPU, and a tool that knows nothing of the
 * encoder, as that of AMD, reports zero for it, and for utilisation and temperature as well.
 */
export function readGpu(stats: WolfGpuStats | undefined): GpuReading {
  if (stats === undefined) return { state: 'none' };
  const isWarm = stats.temperatureCelsius > 0 || stats.gpuUtilizationPercent > 0 || stats.encoderUtilizationPercent > 0;
  const totalMb = amount(stats.memoryTotalMb);
  const usedMb = amount(stats.memoryUsedMb);
  const encoders = amount(stats.encoderSessionCount);
  const isAllZero = !isWarm && (totalMb ?? 0) === 0 && (usedMb ?? 0) === 0 && (encoders ?? 0) === 0;
  if (!stats.available || stats.error !== '' || isAllZero) return { state: 'broken' };
  const hasMemory = totalMb !== undefined && totalMb > 0 && usedMb !== undefined;
  return {
    state: 'ok',
    gpuName: stats.name,
    encoderSessions: encoders === 0 && !isWarm ? undefined : encoders,
    videoMemoryUsedMb: hasMemory ? Math.min(usedMb, totalMb) : undefined,
    videoMemoryTotalMb: hasMemory ? totalMb : undefined,
  };
}

function amount(value: number): number | undefined {
  return Number.isFinite(value) && value >= 0 && value <= MAX_VALUE ? Math.round(value) : undefined;
}
