import type { TunnelCase, TunnelRow } from './tunnel-row.js';

/** What generation 3 (`mux`) is worth; `null` where one of the two rows was not measured. */
export interface TunnelRatios {
  /** Time to the first byte of a fresh stream at the longest round trip, less what it takes without one, in round trips. */
  readonly freshFirstByteRtts: number | null;
  /** Against a dial for each request, as the original has it; `_vs_gen1Pooled` against our own kept streams of generation 1. */
  readonly small32_vs_gen1: number | null;
  readonly small32_vs_gen1Pooled: number | null;
  /** A stream for each request on both sides. */
  readonly freshSmall32_vs_gen1: number | null;
  /** Streams that each caller keeps, which is all that the other knows. */
  readonly small32_vs_sshR: number | null;
  readonly screenshot16_vs_gen1: number | null;
  readonly screenshot16_vs_gen1Pooled: number | null;
  /** Read at the API's end, against the same read without a tunnel. */
  readonly bulk_vs_direct: number | null;
  readonly echoP99UnderBulk_vs_idle: number | null;
  /** The same over a stretch whose bandwidth is what all wait for. */
  readonly echoP99UnderBulk_vs_idle_onALine: number | null;
  readonly small32_vs_direct: number | null;
  readonly screenshot16_vs_sshR: number | null;
  readonly bulk_vs_sshR: number | null;
  readonly bulk_vs_relay: number | null;
  readonly echoP99UnderScreenshots_vs_idle: number | null;
}

export function tunnelRatios(rows: readonly TunnelRow[]): TunnelRatios {
  const longestRttMs = Math.max(...rows.map(({ rttMs }) => rttMs));
  const mux = { path: 'tunnel', transport: 'mux' } as const;
  const gen1 = { path: 'tunnel', transport: 'gen1' } as const;
  const ssh = { path: 'tunnel', transport: 'ssh' } as const;
  const direct = { path: 'direct' } as const;
  const at0 = { rttMs: 0 } as const;
  const small32 = { ...at0, case: 'small', callers: 32 } as const;
  const screenshot16 = { ...at0, case: 'screenshot', callers: 16 } as const;
  const bulk = { ...at0, case: 'bulk' } as const;
  const rate = (wanted: Partial<TunnelRow>): number | undefined => findRow(rows, wanted)?.rps;
  const pooled = (way: Partial<TunnelRow>, what: Partial<TunnelRow>): number | undefined =>
    rate({ ...way, ...what, mode: 'pooled' });
  const fresh = (way: Partial<TunnelRow>, what: Partial<TunnelRow>): number | undefined =>
    rate({ ...way, ...what, mode: 'fresh' });
  const throughput = (wanted: Partial<TunnelRow>): number | undefined => findRow(rows, wanted)?.mbPerS;
  const echo = (line: 'free' | 'limited', one: TunnelCase): number | undefined =>
    rows.find(
      (row) => row.transport === 'mux' && row.case === one && (row.mbits !== undefined) === (line === 'limited'),
    )?.p99Ms;
  const firstByte = (rttMs: number): number | undefined => findRow(rows, { ...mux, rttMs, case: 'first-byte' })?.p50Ms;

  const far = firstByte(longestRttMs);
  const near = firstByte(0);
  return {
    freshFirstByteRtts:
      longestRttMs === 0 || far === undefined || near === undefined ? null : round((far - near) / longestRttMs),
    small32_vs_gen1: ratio(pooled(mux, small32), fresh(gen1, small32)),
    small32_vs_gen1Pooled: ratio(pooled(mux, small32), pooled(gen1, small32)),
    freshSmall32_vs_gen1: ratio(fresh(mux, small32), fresh(gen1, small32)),
    small32_vs_sshR: ratio(rate({ ...mux, ...small32, mode: 'kept' }), rate({ ...ssh, ...small32, mode: 'kept' })),
    screenshot16_vs_gen1: ratio(pooled(mux, screenshot16), fresh(gen1, screenshot16)),
    screenshot16_vs_gen1Pooled: ratio(pooled(mux, screenshot16), pooled(gen1, screenshot16)),
    bulk_vs_direct: ratio(throughput({ ...mux, ...bulk, mode: 'end' }), throughput({ ...direct, ...bulk })),
    echoP99UnderBulk_vs_idle: ratio(echo('free', 'echo-beside-bulk'), echo('free', 'echo')),
    echoP99UnderBulk_vs_idle_onALine: ratio(echo('limited', 'echo-beside-bulk'), echo('limited', 'echo')),
    small32_vs_direct: ratio(rate({ ...mux, ...small32, mode: 'kept' }), rate({ ...direct, ...small32 })),
    screenshot16_vs_sshR: ratio(
      rate({ ...mux, ...screenshot16, mode: 'kept' }),
      rate({ ...ssh, ...screenshot16, mode: 'kept' }),
    ),
    bulk_vs_sshR: ratio(throughput({ ...mux, ...bulk, mode: 'kept' }), throughput({ ...ssh, ...bulk, mode: 'kept' })),
    bulk_vs_relay: ratio(throughput({ ...mux, ...bulk, mode: 'kept' }), throughput({ path: 'relay', ...bulk })),
    echoP99UnderScreenshots_vs_idle: ratio(echo('free', 'echo-beside-screenshots'), echo('free', 'echo')),
  };
}

/** The first row that has all of these. */
export function findRow(rows: readonly TunnelRow[], wanted: Partial<TunnelRow>): TunnelRow | undefined {
  const entries = Object.entries(wanted) as readonly (readonly [keyof TunnelRow, unknown])[];
  return rows.find((row) => entries.every(([key, value]) => row[key] === value));
}

function ratio(value: number | undefined, of: number | undefined): number | null {
  return value === undefined || of === undefined || of === 0 ? null : round(value / of);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
