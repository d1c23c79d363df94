import type { Readable } from 'node:stream';
import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { LocalDialer } from '@helix/revdial/testing';

import {
  EXTERNAL_AGENT_LIMITS,
  IceServers,
  MoonlightDialects,
  MoonlightRest,
  parseMoonlightDialect,
  type MoonlightAnswer,
} from '../src/index.js';
import { MoonlightServer } from './support/moonlight-server.js';

const HELIX = 'gpu-1';
const V3 = 'gpu-3';

describe('calls to a host’s Moonlight Web', () => {
  const host = new MoonlightServer();
  const dialer = new LocalDialer();
  const pool = new RunnerHttpPool(dialer);
  const none = { stunUrls: [], turnUrls: [], turnSecret: undefined, turnTtlS: 300 };
  const dialects = new MoonlightDialects([{ instance: V3, dialect: 'v3' }]);
  const rest = new MoonlightRest(pool, {
    credentials: 's3cret',
    dialects,
    iceServers: new IceServers(none),
    basePath: '/helix',
  });

  beforeAll(async () => {
    const address = await host.start();
    for (const id of [HELIX, V3]) dialer.set(runnerIdOf('moonlight', id), address);
  });
  afterEach(() => {
    host.asked.length = 0;
    expect(rest.callCount).toBe(0);
  });
  afterAll(async () => {
    pool.destroy();
    await host.close();
  });

  interface Wish {
    readonly on?: string;
    readonly body?: string;
    readonly query?: string;
    readonly signal?: AbortSignal;
  }

  async function call(method: string, path: string, wish: Wish = {}, by = rest): Promise<MoonlightAnswer> {
    const wolfInstanceId = wish.on ?? HELIX;
    const route = by.routeOf(wolfInstanceId, method, path);
    if (route === undefined) throw new Error('no such route');
    return await by.call(
      {
        wolfInstanceId,
        route,
        query: new URLSearchParams(wish.query),
        accept: 'application/json',
        body: wish.body === undefined ? undefined : Buffer.from(wish.body),
        routingQuery: `wolf_instance_id=${wolfInstanceId}`,
        viewerId: 'root',
      },
      wish.signal ?? new AbortController().signal,
    );
  }

  it('carry the operator’s secret and nothing of the caller but what Moonlight Web knows', async () => {
    host.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'mlSession=1', 'x-more': '1' });
      response.end('{"hosts":[]}');
    };
    const query = 'host_id=0&access_token=hl-key&session_id=agent-ses&force_refresh=true&more=1';
    const answer = await call('GET', '/moonlight/hosts', { query });
    expect(await text(answer.body)).toBe('{"hosts":[]}');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(Object.keys(answer.headers)).toEqual(['content-type']);
    const [asked] = host.asked;
    expect(asked?.what).toBe('GET /api/hosts?host_id=0&force_refresh=true');
    expect(asked?.headers).toEqual({
      host: 'localhost',
      connection: 'keep-alive',
      authorization: 'Bearer s3cret',
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
  });

  it('pass a body on as JSON, with its length', async () => {
    host.answer = (_request, response) => response.end();
    await text((await call('POST', '/moonlight/api/host/wake', { body: '{"host_id":0}' })).body);
    expect(host.asked).toMatchObject([
      { body: '{"host_id":0}', headers: { 'content-type': 'application/json', 'content-length': '13' } },
    ]);
  });

  it.each(['host_id=x', 'host_id=1&host_id=2', 'app_id=-1', 'force_refresh=1'])(
    'refuse the query %s',
    async (query) => {
      await expect(call('GET', '/moonlight/host', { query })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      expect(host.asked).toEqual([]);
    },
  );

  it('pass each piece of a pairing on at once, with long silences between', async () => {
    let finish = (): void => undefined;
    host.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"Pin":"4821"}');
      finish = () => response.end('\n{"Paired":{}}');
    };
    const { body } = await call('POST', '/moonlight/api/pair', { body: '{"host_id":0}' });
    const pieces: string[] = [];
    body.on('data', (piece: Buffer) => pieces.push(piece.toString()));
    await eventually(() => {
      expect(pieces).toEqual(['{"Pin":"4821"}']);
    });
    finish();
    await eventually(() => {
      expect(pieces.slice(1)).toEqual(['\n{"Paired":{}}']);
    });
    expect(rest.routeOf(HELIX, 'POST', '/moonlight/pair')?.silenceMs).toBe(5 * 60_000);
  });

  it.each([
    [401, 'MOONLIGHT_CREDENTIALS_REFUSED'],
    [400, 'INVALID_REQUEST'],
    [403, 'MOONLIGHT_ERROR'],
    [404, 'MOONLIGHT_NOT_FOUND'],
    [302, 'MOONLIGHT_ERROR'],
    [500, 'MOONLIGHT_ERROR'],
  ])('fail when it answers %d, with %s', async (status, code) => {
    host.answer = (_request, response) => response.writeHead(status, { location: 'http://elsewhere/' }).end('secrets');
    const failure = call('GET', '/moonlight/api/sessions');
    await expect(failure).rejects.toMatchObject({ code });
    if (status === 401) await expect(failure).rejects.toThrow('MOONLIGHT_CREDENTIALS');
    await expect(failure).rejects.not.toThrow('secrets');
  });

  it('tell of a pairing that is done already', async () => {
    host.answer = (_request, response) => response.writeHead(304).end();
    const answer = await call('POST', '/moonlight/api/pair', { body: '{"host_id":0}' });
    expect([answer.status, await text(answer.body)]).toEqual([304, '']);
  });

  it('put nothing that a browser would run under our origin', async () => {
    host.answer = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<script>');
    const answer = await call('GET', '/moonlight/app/image', { query: 'host_id=0&app_id=7' });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/octet-stream' });
    await text(answer.body);
  });

  it('end at the host when the caller leaves', async () => {
    host.answer = (_request, response) => response.write('{"Pin":"4821"}');
    const caller = new AbortController();
    const before = host.abandonedCount;
    const { body } = await call('POST', '/moonlight/api/pair', { body: '{}', signal: caller.signal });
    body.on('error', () => undefined);
    caller.abort();
    await eventually(() => {
      expect([host.abandonedCount, rest.callCount]).toEqual([before + 1, 0]);
    });
  });

  it('are refused beyond so many at one host, and leave their places', async () => {
    host.answer = (_request, response) => response.write(' ');
    const max = EXTERNAL_AGENT_LIMITS.moonlightCallsMaxPerHost;
    const open = await Promise.all(Array.from({ length: max }, () => call('GET', '/moonlight/apps')));
    await expect(call('GET', '/moonlight/apps')).rejects.toMatchObject({ code: 'BUSY' });
    for (const { body } of open) body.destroy();
    await eventually(() => {
      expect(rest.callCount).toBe(0);
    });
  });

  it('ask no host without the secret, and none that is away', async () => {
    const bare = new MoonlightRest(pool, {
      credentials: undefined,
      dialects,
      iceServers: new IceServers(none),
      basePath: '',
    });
    await expect(call('GET', '/moonlight/hosts', {}, bare)).rejects.toMatchObject({ code: 'STREAMS_NOT_CONFIGURED' });
    await expect(call('GET', '/moonlight/hosts', { on: 'gpu-9' })).rejects.toMatchObject({
      code: 'RUNNER_NOT_CONNECTED',
    });
    expect(host.asked).toEqual([]);
  });

  it('signal by HTTP where the host speaks v3, and lead back through here', async () => {
    host.answer = (_request, response) => {
      response.writeHead(201, {
        'content-type': 'application/sdp',
        location: '/prefix/api/host/stream/webrtc/a-1',
        'set-cookie': 'mlSession=1; Path=/prefix',
        link: ['<stun:s:1>; rel="ice-server"', '<turn:t:1>; rel="ice-server"; username="u"; credential="for all"'],
      });
      response.end('v=0\r\n');
    };
    const answer = await call('POST', '/moonlight/api/host/stream/webrtc', { on: V3, body: 'v=0\r\noffer' });
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.headers).toEqual({
      'content-type': 'application/sdp',
      location: `/helix/moonlight/api/host/stream/webrtc/a-1?wolf_instance_id=${V3}`,
      link: ['<stun:s:1>; rel="ice-server"'],
    });
    expect(await text(answer.body)).toBe('v=0\r\n');
    expect(host.asked).toMatchObject([
      {
        what: 'POST /api/host/stream/webrtc',
        body: 'v=0\r\noffer',
        headers: { 'content-type': 'application/sdp', 'x-forwarded-user': 'helix' },
      },
    ]);
    host.answer = (_request, response) => response.writeHead(204).end();
    const trickled = await call('PATCH', '/moonlight/api/host/stream/webrtc/a-1', { on: V3, body: 'a=candidate:1' });
    await text(trickled.body);
    expect([trickled.status, host.asked[1]?.headers['content-type']]).toEqual([204, 'application/trickle-ice-sdpfrag']);
    await text((await call('DELETE', '/moonlight/api/host/stream/webrtc/a-1', { on: V3 })).body);
    await text((await call('OPTIONS', '/moonlight/api/host/stream/webrtc', { on: V3 })).body);
    expect(host.asked.slice(2).map(({ what }) => what)).toEqual([
      'DELETE /api/host/stream/webrtc/a-1',
      'OPTIONS /api/host/stream/webrtc',
    ]);
  });

  it.each(['https://elsewhere/x', '/api/host', '/api/host/stream/webrtc/..', '/api/host/stream/webrtc/a?b'])(
    'fail when it leads to %s',
    async (location) => {
      host.answer = (_request, response) => response.writeHead(201, { location }).end();
      const failure = call('POST', '/moonlight/host/stream/webrtc', { on: V3, body: 'v=0' });
      await expect(failure).rejects.toMatchObject({ code: 'MOONLIGHT_INVALID_ANSWER' });
    },
  );
});

describe('what hosts speak', () => {
  it('is said host by host, with one for all others', () => {
    const entries = ['*=v2', 'gpu-1=helix'].flatMap((text) => parseMoonlightDialect(text) ?? []);
    const dialects = new MoonlightDialects(entries);
    expect(['gpu-1', 'gpu-2', 'constructor'].map((id) => dialects.of(id))).toEqual(['helix', 'v2', 'v2']);
    expect(new MoonlightDialects().of('gpu-1')).toBe('helix');
  });

  it.each(['', 'v3', '=v3', 'gpu-1=', 'gpu-1=v4', 'gpu 1=v3', '**=v3'])('is not said by %j', (text) => {
    expect(parseMoonlightDialect(text)).toBeUndefined();
  });
});

async function text(body: Readable): Promise<string> {
  let read = '';
  for await (const piece of body) read += String(piece);
  return read;
}
