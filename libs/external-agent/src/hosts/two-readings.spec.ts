import { ManualClock } from '@helix/pacing/testing';
import { TwoReadings } from './two-readings.js';

describe('TwoReadings', () => {
  const asked: string[] = [];
  let clock: ManualClock;
  const readings = (apartMs = 1_000): TwoReadings => new TwoReadings(apartMs, (id) => asked.push(id), clock);
  const read = (two: TwoReadings, atMs: number, facts: readonly string[], era = 1, host = 'a'): readonly string[] => [
    ...two.confirm(host, { era, askedAtMs: atMs }, facts),
  ];

  beforeEach(() => {
    asked.length = 0;
    clock = new ManualClock();
  });

  it('confirms what a second reading shows long enough after the first, and nothing else', () => {
    const two = readings();
    expect(read(two, 0, ['x'])).toEqual([]);
    expect(read(two, 999, ['x', 'y'])).toEqual([]);
    expect(read(two, 1_000, ['x', 'y'])).toEqual(['x']);
    expect(read(two, 1_999, ['x', 'y'])).toEqual(['x', 'y']);
  });

  it('does not take the same reading for two', () => {
    const two = readings();
    expect(read(two, 5_000, ['x'])).toEqual([]);
    expect(read(two, 5_000, ['x'])).toEqual([]);
  });

  it('begins again when a reading between does not show it, or its Wolf may be another', () => {
    const two = readings();
    read(two, 0, ['x']);
    read(two, 500, []);
    expect(read(two, 1_100, ['x'])).toEqual([]);
    expect(read(two, 2_100, ['x'], 2)).toEqual([]);
    expect(read(two, 3_000, ['x'], 2)).toEqual([]);
    expect(read(two, 3_100, ['x'], 2)).toEqual(['x']);
  });

  it('knows hosts apart', () => {
    const two = readings();
    read(two, 0, ['x']);
    expect(read(two, 2_000, ['x'], 1, 'b')).toEqual([]);
  });

  it('requests one more reading while facts are too recent, none after forget or close', async () => {
    const two = readings();
    read(two, 0, ['x']);
    read(two, 1, ['x']);
    await clock.advance(1_000);
    expect(asked).toEqual(['a']);
    read(two, 1_001, ['x']);
    await clock.advance(5_000);
    expect(asked).toEqual(['a']);
    read(two, 6_000, ['y']);
    two.forget('a');
    read(two, 6_000, ['y'], 1, 'b');
    two.close();
    await clock.advance(5_000);
    expect(asked).toEqual(['a']);
  });
});
