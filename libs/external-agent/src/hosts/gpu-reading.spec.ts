import type { WolfGpuStats } from '@helix/wolf-client';
import { readGpu } from './gpu-reading.js';

const NVIDIA: WolfGpuStats = {
  available: true,
  name: 'NVIDIA L40S',
  encoderSessionCount: 3,
  encoderAverageFps: 60,
  encoderAverageLatencyUs: 4_100,
  encoderUtilizationPercent: 9,
  gpuUtilizationPercent: 17,
  memoryUtilizationPercent: 12,
  memoryUsedMb: 2_140,
  memoryTotalMb: 46_068,
  temperatureCelsius: 52,
  queryDurationMs: 74,
  error: '',
};
const COLD = {
  encoderSessionCount: 0,
  encoderAverageFps: 0,
  encoderAverageLatencyUs: 0,
  encoderUtilizationPercent: 0,
  gpuUtilizationPercent: 0,
  memoryUtilizationPercent: 0,
  temperatureCelsius: 0,
};

describe('readGpu', () => {
  it('takes what a whole tool measures', () => {
    expect(readGpu(NVIDIA)).toEqual({
      state: 'ok',
      gpuName: 'NVIDIA L40S',
      encoderSessions: 3,
      videoMemoryUsedMb: 2_140,
      videoMemoryTotalMb: 46_068,
    });
  });

  it('knows an idle encoder from one of which nothing is known, as on AMD', () => {
    expect(readGpu({ ...NVIDIA, encoderSessionCount: 0 })).toMatchObject({ encoderSessions: 0 });
    expect(readGpu({ ...NVIDIA, ...COLD, name: 'AMD W7900' })).toMatchObject({
      state: 'ok',
      encoderSessions: undefined,
      videoMemoryTotalMb: 46_068,
    });
  });

  it.each([
    ['it says so', { available: false }],
    ['it tells an error', { error: 'expected 10 fields' }],
    ['all is zero', { ...COLD, memoryUsedMb: 0, memoryTotalMb: 0 }],
  ])('takes a tool as broken when %s', (_what, stats) => {
    expect(readGpu({ ...NVIDIA, ...stats })).toEqual({ state: 'broken' });
  });

  it('has nothing to say of a Wolf that measures nothing', () => {
    expect(readGpu(undefined)).toEqual({ state: 'none' });
  });

  it.each([
    ['below zero', { encoderSessionCount: -1 }, { encoderSessions: undefined }],
    ['beyond any card', { memoryTotalMb: 1e12 }, { videoMemoryTotalMb: undefined, videoMemoryUsedMb: undefined }],
    ['of more use than there is', { memoryUsedMb: 99_999 }, { videoMemoryUsedMb: 46_068 }],
    ['in parts', { memoryUsedMb: 10.6 }, { videoMemoryUsedMb: 11 }],
  ])('does not hand on a figure %s', (_what, stats, expected) => {
    expect(readGpu({ ...NVIDIA, ...stats })).toMatchObject(expected);
  });
});
