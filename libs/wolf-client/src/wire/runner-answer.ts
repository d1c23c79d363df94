import { z } from 'zod';
import type { ListedRunner } from '../model/runner.js';
import { listOf } from './scalars.js';

const docker = z.object({
  type: z.literal('docker'),
  name: z.string(),
  image: z.string(),
  mounts: listOf(z.string()),
  env: listOf(z.string()),
  devices: listOf(z.string()),
  ports: listOf(z.string()),
  base_create_json: z.string().nullish(),
});
const process = z.object({ type: z.literal('process'), run_cmd: z.string() });
const other = z.object({ type: z.string() });

/** A runner in an answer. One of a kind that we do not know is no fault of the list it stands in (wolf-api §3.1.1). */
export const listedRunner = z.unknown().transform((value, context): ListedRunner => {
  const { data, error } = other.safeParse(value);
  if (data?.type === 'docker' || data?.type === 'process') {
    const known = z.discriminatedUnion('type', [docker, process]).safeParse(value);
    if (known.success) return toRunner(known.data);
  } else if (error === undefined) {
    return { type: 'other' };
  }
  context.addIssue({ code: 'custom', message: 'not a runner' });
  return z.NEVER;
});

function toRunner(wire: z.infer<typeof docker> | z.infer<typeof process>): ListedRunner {
  if (wire.type === 'process') return { type: 'process', runCommand: wire.run_cmd };
  const { base_create_json: baseCreateJson, ...runner } = wire;
  return { ...runner, ...(typeof baseCreateJson === 'string' && { baseCreateJson }) };
}
