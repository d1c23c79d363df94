import { eventually } from '@helix/revdial/testing';
import { ApiDouble } from './support/api-double.js';
import type { Answer } from './support/api-double.js';
import { startTunnel } from './support/start-tunnel.js';
import type { StartedTunnel } from './support/start-tunnel.js';

const LOCAL = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;

describe('the choice of the transport', () => {
  let api: ApiDouble;
  let started: StartedTunnel;

  beforeEach(async () => {
    api = await ApiDouble.start();
  });

  afterEach(async () => {
    started.tunnel.destroy();
    await api.close();
  });

  it('takes the hijack where it works', async () => {
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(started.tunnel.transport).toBe('hijack'));
    expect(started.logger.find('connected')?.fields).toEqual({ transport: 'hijack', why: 'tried first' });
  });

  it.each<[string, Answer, RegExp]>([
    ['answers another status', { status: 426 }, /hijack refused: answered 426/],
    ['answers 400 in words that are not the API’s', { status: 400, body: 'bad gateway config' }, /answered 400/],
    ['answers 502', { status: 502 }, /answered 502/],
    ['cuts the request', 'cut', /cut before it was answered/],
    ['does not answer', 'silent', /no answer to the hijack request within 500 ms/],
    ['holds the lines back', 'head-only', /answered 200, then nothing for 500 ms/],
    ['cuts before the first keep-alive', 'head-and-cut', /cut before the first keep-alive/],
  ])('takes WebSocket at once when something in between %s, and says why', async (_what, answer, why) => {
    api.hijack = answer;
    const timings =
      answer === 'silent' ? { handshakeTimeoutMs: 500 } : answer === 'head-only' ? { firstLineTimeoutMs: 500 } : {};
    started = startTunnel(api.url, LOCAL, { timings });
    await eventually(() => expect(started.tunnel.transport).toBe('websocket'));
    expect(started.logger.find('connected')?.fields['why']).toMatch(why);
    expect(started.logger.find('changing the transport')?.fields).toMatchObject({
      transport: 'hijack',
      next: 'websocket',
    });
    expect(api.requests.map(({ kind }) => kind)).toEqual(['hijack', 'websocket']);
  });

  it('remembers WebSocket, and probes the hijack again only when WebSocket fails too', async () => {
    api.hijack = { status: 502 };
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(started.tunnel.transport).toBe('websocket'));
    api.hijack = 'serve';
    api.control.cut();
    await eventually(() => expect(api.controls).toHaveLength(2));
    expect(api.control.transport).toBe('websocket');
    api.websocket = { status: 502 };
    api.control.cut();
    await eventually(() => expect(started.tunnel.transport).toBe('hijack'));
    expect(started.logger.lines.at(-1)?.fields['why']).toBe('websocket refused: answered 502');
  });

  it('takes WebSocket after two hijacked links in a row were cut young', async () => {
    started = startTunnel(api.url, LOCAL);
    for (const count of [1, 2]) {
      await eventually(() => expect(started.logger.all('connected')).toHaveLength(count));
      api.control.cut();
    }
    await eventually(() => expect(started.tunnel.transport).toBe('websocket'));
    expect(started.logger.all('connected').at(-1)?.fields['why']).toMatch(/hijack was cut 2 times in a row/);
  });

  it.each([401, 403])('does not blame anything in between for %d', async (status) => {
    api.hijack = { status };
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(started.logger.find('refused')?.fields).toMatchObject({ status }));
    expect(api.requests.map(({ kind }) => kind)).toEqual(['hijack']);
  });

  it('insists on the hijack when told so', async () => {
    api.hijack = { status: 502 };
    started = startTunnel(api.url, LOCAL, { transport: 'hijack' });
    await eventually(() => expect(api.requests.length).toBeGreaterThan(2));
    expect(new Set(api.requests.map(({ kind }) => kind))).toEqual(new Set(['hijack']));
  });
});
