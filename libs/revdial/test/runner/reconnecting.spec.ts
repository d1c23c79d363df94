import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUNNER_TIMINGS, tokenFile } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { ApiDouble } from './support/api-double.js';
import { LocalService, unusedPort } from './support/local-service.js';
import { startTunnel } from './support/start-tunnel.js';
import type { StartedTunnel } from './support/start-tunnel.js';

const LOCAL = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;

describe('coming back', () => {
  let api: ApiDouble;
  let started: StartedTunnel;

  beforeEach(async () => {
    api = await ApiDouble.start();
  });

  afterEach(async () => {
    started.tunnel.destroy();
    await api.close();
  });

  it('tries again within 200 ms of a loss', async () => {
    started = startTunnel(api.url, LOCAL, { timings: RUNNER_TIMINGS });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    const cutAtMs = performance.now();
    api.control.cut();
    await eventually(() => expect(api.requests).toHaveLength(2));
    // The wait itself is asserted below; a busy machine adds to what the clock says.
    expect((api.requests[1]?.atMs ?? Infinity) - cutAtMs).toBeLessThan(5_000);
    expect(started.logger.find('lost')?.fields['retryInMs']).toBeLessThanOrEqual(200);
  });

  it('gives way to a newer link of its runner, and does not reset its backoff', async () => {
    const timings = { usefulLinkMs: 0, backoffBaseMs: 1, backoffCapMs: 2, supersededWaitMs: 300 };
    started = startTunnel(api.url, LOCAL, { transport: 'websocket', timings });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    api.control.websocket?.close(1000, 'superseded');
    await eventually(() => expect(started.logger.find('lost')).toBeDefined());
    const { reason, retryInMs } = started.logger.find('lost')?.fields ?? {};
    expect(reason).toBe('superseded');
    expect(retryInMs).toBeGreaterThanOrEqual(300);
    expect(retryInMs).toBeLessThanOrEqual(600);
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
  });

  it('backs off from links that are cut young, although each carried a stream', async () => {
    const service = await LocalService.start();
    const timings = { backoffBaseMs: 4, backoffEarlyCapMs: 400, backoffCapMs: 400 };
    started = startTunnel(api.url, service.address, { transport: 'websocket', timings });
    for (let count = 1; count <= 7; count += 1) {
      await eventually(() => expect(started.logger.all('connected')).toHaveLength(count));
      const stream = await api.dial();
      await eventually(() => expect(started.tunnel.openStreamCount).toBeGreaterThan(0));
      api.control.cut();
      stream.terminate();
      await eventually(() => expect(started.tunnel.openStreamCount).toBe(0));
      await eventually(() => expect(started.logger.all('lost')).toHaveLength(count));
    }
    // Seven windows that double reach 256 ms; one that starts again each time never leaves the first 4 ms.
    const waitsMs = started.logger.all('lost').map(({ fields }) => Number(fields['retryInMs']));
    expect(Math.max(...waitsMs)).toBeGreaterThan(4);
    await service.close();
  });

  it('returns when an API that was gone is back', async () => {
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    const { port } = api;
    await api.close();
    await eventually(() => expect(started.logger.all('not connected').length).toBeGreaterThan(2));
    expect(started.logger.find('not connected')?.fields).toMatchObject({ code: 'UNREACHABLE' });
    api = await ApiDouble.start({ port });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    // A restart is no reason to mistrust the transport.
    expect(started.tunnel.transport).toBe('hijack');
  });

  it('waits for an API that starts after it', async () => {
    const port = await unusedPort();
    started = startTunnel(`http://127.0.0.1:${String(port)}`, LOCAL);
    await eventually(() => expect(started.logger.find('not connected')).toBeDefined());
    await api.close();
    api = await ApiDouble.start({ port });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
  });

  it.each([
    ['401', { status: 401 }],
    ['403', { status: 403 }],
    ['400 in the API’s words', { status: 400, body: 'invalid runner ID format\n' }],
  ])('doubts %s for a while and then takes it for good', async (_what, answer) => {
    api.hijack = answer;
    started = startTunnel(api.url, LOCAL, { refusedAfterMs: 700 });
    expect(await started.tunnel.closed).toEqual({ reason: 'refused', status: answer.status });
    expect(started.tunnel.state).toBe('refused');
    expect(api.requests.length).toBeGreaterThanOrEqual(2);
    expect(started.logger.find('refused for good')?.level).toBe('error');
  });

  it('forgets a refusal that was taken back', async () => {
    api.hijack = { status: 403 };
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(started.logger.find('refused')).toBeDefined());
    api.hijack = 'serve';
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
  });

  it('asks again and again when another principal holds its id', async () => {
    api.hijack = { status: 409 };
    started = startTunnel(api.url, LOCAL, { refusedAfterMs: 0 });
    await eventually(() => expect(api.requests.length).toBeGreaterThan(5));
    expect(started.logger.find('not connected')?.fields).toMatchObject({ code: 'UNAVAILABLE', status: 409 });
    expect(new Set(api.requests.map(({ kind }) => kind))).toEqual(new Set(['hijack']));
  });

  it('comes back when the API asked it to, not before', async () => {
    api.hijack = { status: 503, headers: { 'Retry-After': '1' } };
    started = startTunnel(api.url, LOCAL);
    await eventually(() => expect(api.requests).toHaveLength(2));
    const [first, second] = api.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('reads a token file before each connection', async () => {
    const path = join(tmpdir(), `revdial-token-${randomBytes(6).toString('hex')}`);
    await writeFile(path, 'first\n');
    started = startTunnel(api.url, LOCAL, { token: tokenFile(path) });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    await rm(path);
    api.control.cut();
    await eventually(() =>
      expect(started.logger.find('not connected')?.fields).toMatchObject({ code: 'TOKEN_UNAVAILABLE' }),
    );
    await writeFile(path, 'second\n');
    await eventually(() => expect(api.requests).toHaveLength(2));
    expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });
});
