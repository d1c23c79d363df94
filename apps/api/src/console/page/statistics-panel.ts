import { VIEWER_LIMITS } from './limits.js';
import type { PageElements } from './page-elements.js';
import { readStreamStatistics, type StatisticsSample, type StreamStatistics } from './stream-statistics.js';

/** Asks the browser for the numbers of the stream every second and shows them. */
export class StatisticsPanel {
  readonly #page: PageElements;
  readonly #report: () => Promise<RTCStatsReport | undefined>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #before: StatisticsSample | undefined;
  #isAsking = false;

  constructor(page: PageElements, report: () => Promise<RTCStatsReport | undefined>) {
    this.#page = page;
    this.#report = report;
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => void this.#refresh(), VIEWER_LIMITS.statisticsIntervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#before = undefined;
  }

  async #refresh(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const report = await this.#report().catch(() => undefined);
    this.#isAsking = false;
    if (report === undefined) {
      this.#before = undefined;
      return;
    }
    const entries: Readonly<Record<string, unknown>>[] = [];
    report.forEach((entry: object) => entries.push({ ...entry }));
    const statistics = readStreamStatistics(entries, performance.now(), this.#before);
    this.#before = statistics.sample;
    this.#show(statistics);
  }

  #show({ sample, fps, kbitPerS, framesDropped, roundTripMs, codec, resolution }: StreamStatistics): void {
    this.#page.main.dataset['framesDecoded'] = String(sample.framesDecoded);
    const shown: Readonly<Record<string, string | number | undefined>> = {
      frames: sample.framesDecoded,
      fps,
      dropped: framesDropped,
      bitrate: kbitPerS === undefined ? undefined : `${String(kbitPerS)} kbit/s`,
      'round-trip': roundTripMs === undefined ? undefined : `${String(roundTripMs)} ms`,
      codec,
      resolution,
    };
    for (const value of this.#page.statistics.querySelectorAll<HTMLElement>('[data-of]')) {
      value.textContent = String(shown[value.dataset['of'] ?? ''] ?? '–');
    }
  }
}
