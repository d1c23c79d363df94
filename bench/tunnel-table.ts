import { findRow } from './tunnel-ratios.js';
import type { TunnelRow } from './tunnel-row.js';

/** Requests per second of the Go server and client over the bare tunnel, on two cores (revdial-wire §5). */
const GO_RPS: Readonly<Record<string, number>> = {
  'small 1': 1075,
  'small 32': 3507,
  'screenshot 1': 347,
  'screenshot 16': 649,
};

const COLUMNS = [
  ['path', 7],
  ['transport', 14],
  ['rtt', 4],
  ['mode', 7],
  ['case', 24],
  ['callers', 7],
  ['requests/s', 11],
  ['p50 ms', 9],
  ['p99 ms', 9],
  ['MB/s', 8],
  ['of direct', 10],
  ['of Go', 7],
] as const;
/** From here on numbers, which end at one column. */
const FIRST_NUMBER = 5;

/** For a person to read. */
export function tunnelTable(rows: readonly TunnelRow[]): string {
  const head = COLUMNS.map(([name]) => name);
  return [head, ...rows.map((row) => cells(row, rows))].map(line).join('');
}

function cells(row: TunnelRow, rows: readonly TunnelRow[]): readonly string[] {
  const { rttMs, callers } = row;
  const direct = findRow(rows, { path: 'direct', case: row.case, callers, rttMs });
  const goRps = row.path === 'direct' || rttMs > 0 ? undefined : GO_RPS[`${row.case} ${String(callers)}`];
  return [
    row.path,
    row.transport,
    String(rttMs),
    row.mode,
    row.mbits === undefined ? row.case : `${row.case} ${String(row.mbits)}M`,
    String(callers),
    row.rps?.toFixed(0) ?? '',
    row.p50Ms?.toFixed(2) ?? '',
    row.p99Ms?.toFixed(2) ?? '',
    row.mbPerS?.toFixed(0) ?? '',
    ratio(row.rps ?? row.mbPerS, direct?.rps ?? direct?.mbPerS),
    ratio(row.rps, goRps),
  ];
}

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index]?.[1] ?? 0;
    return index < FIRST_NUMBER ? cell.padEnd(width) : cell.padStart(width);
  });
  return `${padded.join(' ').trimEnd()}\n`;
}

function ratio(value: number | undefined, of: number | undefined): string {
  return value === undefined || of === undefined || of === 0 ? '' : (value / of).toFixed(2);
}
