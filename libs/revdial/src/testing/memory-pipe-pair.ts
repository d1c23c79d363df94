import { MemoryPipe } from './memory-pipe.js';
import type { MemoryPipeOptions } from './memory-pipe.js';

/** Two ends of a pipe in memory: what is written to one comes out of the other. */
export function memoryPipePair(options: MemoryPipeOptions = {}): [MemoryPipe, MemoryPipe] {
  const seed = options.chunking?.seed ?? 1;
  const first = new MemoryPipe(options, seed);
  const second = new MemoryPipe(options, seed + 1);
  first.connect(second);
  second.connect(first);
  return [first, second];
}
