import { eventually } from '@helix/pacing/testing';
import { ApiDouble } from './support/api-double.js';
import type { Answer } from './support/api-double.js';
import { startTunnel } from './support/start-tunnel.js';
import type { StartedTunnel } from './support/start-tunnel.js';

const LOCAL = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;

describe('a tunnel of generation 1', () => {
  let api: ApiDouble;
  let started: StartedTunnel;

  beforeEach(async () => {
    api = await ApiDouble.start();
  });

  afterEach(async () => {
    started.tunnel.destroy();
    await api.close();
  });

  it.each<[string, Answer, RegExp]>([
    ['answers another status', { status: 426 }, /answered 426/],
    ['answers 400 in words that are not the API’s', { status: 400, body: 'bad gateway config' }, /answered 400/],
    ['answers 502', { status: 502 }, /answered 502/],
    ['cuts the request', 'cut', /cut before it was answered/],
    ['does not answer', 'silent', /no answer to the hijack request within 500 ms/],
    ['holds the lines back', 'head-only', /answered 200, then nothing for 500 ms/],
    ['cuts before the first keep-alive', 'head-and-cut', /cut before the first keep-alive/],
  ])(
    'says why it does not connect when something in between %s, and connects when it lets it',
    async (_what, answer, why) => {
      api.hijack = answer;
      const timings =
        answer === 'silent' ? { handshakeTimeoutMs: 500 } : answer === 'head-only' ? { firstLineTimeoutMs: 500 } : {};
      started = startTunnel(api.url, LOCAL, { timings });
      await eventually(() => expect(started.logger.find('not connected')).toBeDefined());
      expect(started.logger.find('not connected')?.fields).toMatchObject({
        code: 'NOT_A_LINK',
        problem: expect.stringMatching(why) as string,
      });
      api.hijack = 'serve';
      await eventually(() => expect(started.tunnel.transport).toBe('hijack'));
      expect(new Set(api.requests.map(({ kind }) => kind))).toEqual(new Set(['hijack']));
    },
  );

  it('stays what it is after two links in a row were cut young', async () => {
    started = startTunnel(api.url, LOCAL);
    for (const count of [1, 2, 3]) {
      await eventually(() => expect(started.logger.all('connected')).toHaveLength(count));
      api.control.cut();
    }
    await eventually(() => expect(started.logger.all('connected')).toHaveLength(4));
    expect(new Set(api.requests.map(({ kind }) => kind))).toEqual(new Set(['hijack']));
  });
});
