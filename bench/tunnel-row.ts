import type { Transport } from './tunnel-way.js';

/**
 * How requests get a stream: the API's kept ones (`pooled`), one for each caller that it keeps (`kept`), one for each request
 * (`fresh`), or one that the API's end itself reads (`end`).
 */
export type StreamMode = 'pooled' | 'kept' | 'fresh' | 'end';

export type TunnelCase =
  'small' | 'screenshot' | 'bulk' | 'first-byte' | 'echo' | 'echo-beside-bulk' | 'echo-beside-screenshots';

/** One line of the result. */
export interface TunnelRow {
  readonly path: 'direct' | 'relay' | 'tunnel' | 'rest';
  readonly transport: Transport;
  readonly rttMs: number;
  /** Of the stretch, where it is limited. */
  readonly mbits?: number;
  readonly mode: StreamMode;
  readonly case: TunnelCase;
  readonly callers: number;
  /** `small` and `screenshot`. */
  readonly rps?: number;
  /** All but `bulk`. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** `bulk`. */
  readonly mbPerS?: number;
  /** `echo…`: the same over no tunnel at the same time. What it lost, the machine was too busy for. */
  readonly directP99Ms?: number;
}
