/** About so long, so that what began at one moment does not go on in step. */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.85 + 0.3 * random());
}
