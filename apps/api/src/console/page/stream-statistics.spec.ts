import { readStreamStatistics } from './stream-statistics.js';

const entries = [
  { type: 'codec', id: 'c', mimeType: 'video/H264' },
  { type: 'inbound-rtp', kind: 'audio', bytesReceived: 9 },
  {
    type: 'inbound-rtp',
    kind: 'video',
    codecId: 'c',
    framesDecoded: 90,
    framesDropped: 2,
    bytesReceived: 250_000,
    frameWidth: 1920,
    frameHeight: 1080,
  },
  { type: 'candidate-pair', id: 'other', nominated: true, currentRoundTripTime: 9 },
  { type: 'candidate-pair', id: 'used', currentRoundTripTime: 0.0123 },
  { type: 'transport', selectedCandidatePairId: 'used' },
];

describe('the numbers of a stream', () => {
  it('are rates since the sample before', () => {
    const before = { atMs: 1_000, framesDecoded: 30, bytesReceived: 0 };
    expect(readStreamStatistics(entries, 3_000, before)).toEqual({
      sample: { atMs: 3_000, framesDecoded: 90, bytesReceived: 250_000 },
      fps: 30,
      kbitPerS: 1_000,
      framesDropped: 2,
      roundTripMs: 12,
      codec: 'H264',
      resolution: '1920 × 1080',
    });
  });

  it('have no rates at first, nor after the stream restarted', () => {
    expect(readStreamStatistics(entries, 1_000, undefined).fps).toBeUndefined();
    const larger = { atMs: 0, framesDecoded: 5_000, bytesReceived: 9_000_000 };
    expect(readStreamStatistics(entries, 1_000, larger)).toMatchObject({ fps: undefined, kbitPerS: undefined });
  });

  it('are not known before there is a picture', () => {
    expect(readStreamStatistics([], 1_000, undefined)).toEqual({
      sample: { atMs: 1_000, framesDecoded: 0, bytesReceived: 0 },
      fps: undefined,
      kbitPerS: undefined,
      framesDropped: undefined,
      roundTripMs: undefined,
      codec: undefined,
      resolution: undefined,
    });
  });
});
