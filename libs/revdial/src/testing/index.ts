export { CuttingProxy } from './cutting-proxy.js';
export type { CuttingProxyOptions, CutKind, CutSchedule } from './cutting-proxy.js';
export { LocalDialer } from './local-dialer.js';
export type { MemoryPipe, MemoryPipeOptions } from './memory-pipe.js';
export { memoryPipePair } from './memory-pipe-pair.js';
export { seededRandom } from './seeded-random.js';
