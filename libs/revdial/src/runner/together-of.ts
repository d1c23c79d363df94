import type { RunnerTunnelEnd } from './runner-tunnel-status.js';

/** How several tunnels have ended: refused if every one of them was. */
export function togetherOf(ends: readonly RunnerTunnelEnd[]): RunnerTunnelEnd {
  const [first = { reason: 'stopped' }] = ends;
  return ends.every(({ reason }) => reason === 'refused') ? first : { reason: 'stopped' };
}
