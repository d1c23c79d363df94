import { once } from 'node:events';
import { connect } from 'node:net';

import { jest } from '@jest/globals';

import { CREDENTIALS, startMoonlight, type MoonlightFixture } from './moonlight-fixture.js';

const BEARER = { Authorization: `Bearer ${CREDENTIALS}` };

describe.each(['K', 'H'] as const)('the REST of Moonlight Web in dialect %s', (dialect) => {
  let fixture: MoonlightFixture;
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${fixture.moonlight.address}${path}`, { headers: BEARER, ...init });

  beforeEach(async () => {
    fixture = await startMoonlight({ dialect, isPaired: false, faults: { pairDelayMs: 50 } });
  });
  afterEach(() => fixture.close());

  it('answers an empty 401 without the secret, before it looks for the path', async () => {
    for (const headers of [{}, { Authorization: 'Bearer wrong' }]) {
      const response = await call('/api/nowhere', { headers });
      expect([response.status, await response.text()]).toEqual([401, '']);
    }
    expect((await call('/api/nowhere')).status).toBe(404);
    expect((await call('/api/authenticate')).status).toBe(200);
    expect((await call('/api/host/stream', { headers: {} })).status).toBe(400);
    expect((await call('/api/host/stream/', { headers: {} })).status).toBe(401);
  });

  it('rejects an Authorization without a space, as its dialect does', async () => {
    const answer = call('/api/hosts', { headers: { Authorization: CREDENTIALS } }).then((response) => response.status);
    await (dialect === 'H' ? expect(answer).rejects.toThrow('fetch failed') : expect(answer).resolves.toBe(400));
  });

  it('lists its host, its apps and its sessions', async () => {
    expect(await (await call('/api/hosts')).json()).toEqual({
      hosts: [{ host_id: 0, name: 'wolf', paired: 'NotPaired', server_state: 'Free' }],
    });
    expect(await (await call('/api/apps?host_id=0')).json()).toEqual({
      apps: [{ app_id: 134_906_179, title: 'Select Agent', is_hdr_supported: false }],
    });
    expect((await call('/api/apps?host_id=5')).status).toBe(404);
    expect((await call('/api/apps')).status).toBe(400);
    expect(await (await call('/api/sessions')).json()).toEqual({ sessions: [] });
    const status = await call('/api/admin/status');
    expect(status.status).toBe(dialect === 'K' ? 200 : 404);
    if (dialect === 'K')
      expect(await status.json()).toMatchObject({ total_clients: 0, total_sessions: 0, clients: [] });
    expect((await (await call('/config.js', { headers: {} })).text()).includes('enable_credential')).toBe(
      dialect === 'K',
    );
  });

  it.each([
    ['none', ['{"Pin":"4821"}', '\n{"Paired":']],
    ['PairError', ['{"Pin":"4821"}', '"PairError"']],
    ['ends-early', ['{"Pin":"4821"}']],
    ['InternalServerError', ['"InternalServerError"']],
  ] as const)('pairs in ragged chunks, with the failure %s', async (pairFails, expected) => {
    fixture.moonlight.faults.pairFails = pairFails;
    const init = { method: 'POST', body: '{"host_id":0}' };
    const response = await call('/api/pair', init);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const chunks: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) chunks.push(decoder.decode(chunk as Uint8Array));
    expect(chunks.map((chunk, index) => chunk.slice(0, expected[index]?.length))).toEqual(expected);
    expect((await call('/api/pair', init)).status).toBe(pairFails === 'none' ? 304 : 200);
  });

  it('never answers for its sessions while a browser holds the lock', async () => {
    fixture.moonlight.faults.hangStatus = true;
    await expect(call('/api/sessions', { signal: AbortSignal.timeout(150) })).rejects.toThrow('timeout');
    expect((await call('/api/hosts')).status).toBe(200);
  });
});

describe('Moonlight Web', () => {
  it('waits 5 s for a request and says 408', async () => {
    const fixture = await startMoonlight();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const [host, port] = fixture.moonlight.address.split(':');
      const socket = connect({ host: host!, port: Number(port) });
      await once(socket, 'connect');
      while (fixture.moonlight.status().connectionsOpen === 0) await new Promise((resolve) => setImmediate(resolve));
      jest.advanceTimersByTime(5000);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      expect(bytes.toString()).toMatch(/^HTTP\/1\.1 408 /);
      socket.destroy();
    } finally {
      jest.useRealTimers();
      await fixture.close();
    }
  });
});
