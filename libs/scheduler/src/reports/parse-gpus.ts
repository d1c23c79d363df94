import { SCHEDULER_LIMITS } from '../limits.js';
import type { Gpu } from '../tables/wolf-instance.entity.js';
import { isAmount, isRecord, isStorableText } from './instance-fields.js';

/** Hosts of different ages spell them differently (helix-rest §4.1); the first that is there counts. */
const NAMES = ['name', 'model'] as const;
const MEMORY = ['memory_mb', 'memory_total_mb', 'vram_mb', 'memory'] as const;
const ENCODER_SESSIONS = ['encoder_sessions', 'max_encoder_sessions'] as const;

/** Undefined when any of it is malformed. */
export function parseGpus(value: unknown): readonly Gpu[] | undefined {
  if (!Array.isArray(value) || value.length > SCHEDULER_LIMITS.gpus) return undefined;
  const gpus = value.map(parseGpu);
  return gpus.every((gpu) => gpu !== undefined) ? gpus : undefined;
}

function parseGpu(value: unknown): Gpu | undefined {
  if (!isRecord(value)) return undefined;
  const name = firstOf(value, NAMES) ?? '';
  const memoryMb = firstOf(value, MEMORY);
  const encoderSessions = firstOf(value, ENCODER_SESSIONS);
  if (!isStorableText(name, SCHEDULER_LIMITS.gpuTypeChars)) return undefined;
  if (memoryMb !== undefined && !isAmount(memoryMb)) return undefined;
  if (encoderSessions !== undefined && !isAmount(encoderSessions)) return undefined;
  return {
    name,
    ...(memoryMb !== undefined && { memoryMb: Math.round(memoryMb) }),
    ...(encoderSessions !== undefined && { encoderSessions: Math.round(encoderSessions) }),
  };
}

function firstOf(value: Readonly<Record<string, unknown>>, spellings: readonly string[]): unknown {
  for (const spelling of spellings) {
    const found = value[spelling];
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}
