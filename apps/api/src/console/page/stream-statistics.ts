/** One of a browser's own reports (`RTCStatsReport`), as far as it is read here. */
type StatsEntry = Readonly<Record<string, unknown>>;

/** Counters at one moment, to be compared with those of the next. */
export interface StatisticsSample {
  readonly atMs: number;
  readonly framesDecoded: number;
  readonly bytesReceived: number;
}

/** `undefined` is what the browser does not tell, or not yet. */
export interface StreamStatistics {
  readonly sample: StatisticsSample;
  readonly fps: number | undefined;
  readonly kbitPerS: number | undefined;
  readonly framesDropped: number | undefined;
  readonly roundTripMs: number | undefined;
  readonly codec: string | undefined;
  readonly resolution: string | undefined;
}

/** Reads the picture's numbers out of the browser's reports; rates are those since the sample before. */
export function readStreamStatistics(
  entries: readonly StatsEntry[],
  atMs: number,
  before: StatisticsSample | undefined,
): StreamStatistics {
  const video = entries.find((entry) => entry['type'] === 'inbound-rtp' && entry['kind'] === 'video') ?? {};
  const codec = entries.find((entry) => entry['type'] === 'codec' && entry['id'] === video['codecId']);
  const sample = {
    atMs,
    framesDecoded: numberIn(video, 'framesDecoded') ?? 0,
    bytesReceived: numberIn(video, 'bytesReceived') ?? 0,
  };
  const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1_000;
  // A new stream counts from nothing again.
  const isComparable = before !== undefined && seconds > 0 && sample.framesDecoded >= before.framesDecoded;
  const [width, height] = [numberIn(video, 'frameWidth'), numberIn(video, 'frameHeight')];
  const roundTripS = numberIn(chosenPair(entries), 'currentRoundTripTime');
  return {
    sample,
    fps: isComparable ? Math.round((sample.framesDecoded - before.framesDecoded) / seconds) : undefined,
    kbitPerS: isComparable
      ? Math.max(0, Math.round(((sample.bytesReceived - before.bytesReceived) * 8) / 1_000 / seconds))
      : undefined,
    framesDropped: numberIn(video, 'framesDropped'),
    roundTripMs: roundTripS === undefined ? undefined : Math.round(roundTripS * 1_000),
    codec: typeof codec?.['mimeType'] === 'string' ? codec['mimeType'].replace(/^video\//, '') : undefined,
    resolution: width === undefined || height === undefined ? undefined : `${String(width)} × ${String(height)}`,
  };
}

/** Browsers differ in how they mark the pair of addresses that is used. */
function chosenPair(entries: readonly StatsEntry[]): StatsEntry {
  const transport = entries.find((entry) => entry['type'] === 'transport');
  const pairs = entries.filter((entry) => entry['type'] === 'candidate-pair');
  return (
    pairs.find((pair) => pair['id'] === transport?.['selectedCandidatePairId']) ??
    pairs.find((pair) => pair['selected'] === true || pair['nominated'] === true) ??
    {}
  );
}

function numberIn(entry: StatsEntry, name: string): number | undefined {
  const value = entry[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
