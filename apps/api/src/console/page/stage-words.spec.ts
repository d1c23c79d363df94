import { newsOfStageComplete, newsOfStageStarting, wordsOfStageFailed } from './stage-words.js';

describe('words about a stage', () => {
  it('tell what the server says of the link to the host', () => {
    expect(newsOfStageStarting('Proxy: link unstable').kind).toBe('unstable');
    expect(newsOfStageComplete('Proxy: link unstable').kind).toBe('steady-again');
    expect(newsOfStageStarting('Proxy: host reconnecting, 27 s left')).toEqual({
      kind: 'host-reconnecting',
      words: 'The host is reconnecting.',
      detail: '27 s left',
    });
    expect(newsOfStageStarting('Proxy: host reconnecting')).not.toHaveProperty('detail');
    expect(newsOfStageComplete('Proxy: host reconnecting')).toEqual({
      kind: 'steady-again',
      words: 'The host is back.',
    });
  });

  it('are steps for all else, known or not', () => {
    expect(newsOfStageStarting('Launch Streamer')).toEqual({ kind: 'step', words: 'Starting the stream …' });
    expect(newsOfStageComplete('RTSP handshake')).toEqual({ kind: 'step', words: 'RTSP handshake: done' });
    expect(newsOfStageStarting('Proxy: something new').kind).toBe('step');
    expect(newsOfStageStarting('link unstable').kind).toBe('step');
    expect(newsOfStageStarting('constructor').words).toBe('constructor …');
    expect(newsOfStageStarting('x'.repeat(1000)).words).toHaveLength(83);
  });

  it('name a failure with its number', () => {
    expect(wordsOfStageFailed('Proxy', 4403)).toBe('The server could not go on (4403).');
    expect(wordsOfStageFailed('Authentication', -1)).toBe('Authentication: failed (-1).');
  });
});
