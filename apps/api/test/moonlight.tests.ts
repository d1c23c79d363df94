import { once } from 'node:events';
import { request as ask, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { ScriptedService, TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import { ApiInProcess } from './support/api-in-process.js';
import { connectScriptedMoonlight, MOONLIGHT_CREDENTIALS } from './support/scripted-moonlight.js';
import { SimulatedHost } from './support/simulated-host.js';

const HOST = 'gpu-1';
const ON_HOST = `wolf_instance_id=${HOST}`;
const PAGE = 'https://app.test';

describe('the REST leg of Moonlight Web', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;
  let moonlight: ScriptedService;
  let runner: TestRunner;
  let admin: string;

  beforeAll(async () => {
    api = await ApiInProcess.start({
      MOONLIGHT_CREDENTIALS,
      SERVER_URL: 'https://helix.test',
      ALLOWED_ORIGINS: PAGE,
    });
    host = await SimulatedHost.connect(api, HOST);
    ({ service: moonlight, runner } = await connectScriptedMoonlight(api, HOST));
    admin = await api.userKey('root', true);
  });
  beforeEach(() => {
    moonlight.asked.length = 0;
    moonlight.answer = (_request, response) => response.end('{}');
  });
  afterAll(async () => {
    await runner.close();
    await host.close();
    await api.close();
  });

  /** As it stands: `fetch` would tidy the path. */
  function send(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: string): ClientRequest {
    const { hostname, port } = new URL(api.url);
    const sent = ask({ hostname, port, method, path, headers: { authorization: `Bearer ${admin}`, ...headers } });
    sent.on('error', () => undefined);
    return sent.end(body);
  }

  async function answerTo(sent: ClientRequest): Promise<IncomingMessage & { readonly text: string }> {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of answer) text += String(piece);
    return Object.assign(answer, { text });
  }

  it('keeps what is the caller’s from the host, and what is the host’s from the caller', async () => {
    moonlight.answer = (_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': 'a=1',
        'x-powered-by': 'x',
        date: '',
      });
      response.end('{"sessions":[]}');
    };
    const path = `/moonlight/sessions?${ON_HOST}&access_token=${admin}`;
    const headers = {
      authorization: '',
      cookie: 'access_token=x',
      'x-forwarded-user': 'root',
      forwarded: 'for=1',
      'accept-encoding': 'gzip',
      te: 'trailers',
      'x-helix': '1',
      accept: 'application/json',
    };
    const answer = await answerTo(send('GET', path, { ...headers, cookie: `access_token=${admin}` }));
    expect([answer.statusCode, answer.text]).toEqual([200, '{"sessions":[]}']);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(moonlight.asked).toEqual([
      {
        what: 'GET /api/sessions',
        headers: {
          host: 'localhost',
          connection: 'keep-alive',
          accept: 'application/json',
          'accept-encoding': 'identity',
          authorization: `Bearer ${MOONLIGHT_CREDENTIALS}`,
        },
        body: '',
      },
    ]);
  });

  it.each([
    '/moonlight/api%2fhosts',
    '/moonlight/api/%68osts',
    '/moonlight/api/../api/hosts',
    '/moonlight/api/./hosts',
    '/moonlight//api/hosts',
    '/moonlight/api//hosts',
    '/moonlight/api/hosts/',
    '/moonlight/x/../hosts',
    '/moonlight/%2e%2e/api/hosts',
    '/MOONLIGHT/api/hosts',
    '/moonlight/host/stream',
    '/moonlight/host/stream/webrtc',
    '/moonlight/config.js',
    '/moonlight/',
    '/moonlight',
  ])('does not pass %s on', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      const { statusCode } = await answerTo(send(method, `${path}?${ON_HOST}`));
      expect([method, statusCode]).toEqual([method, 404]);
    }
    expect(moonlight.asked).toEqual([]);
  });

  it('sends the PIN of a pairing at once and the rest as it comes', async () => {
    let finish = (): void => undefined;
    moonlight.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"Pin":"4821"}');
      finish = () => response.end('\n{"Paired":{}}');
    };
    const sent = send('POST', `/moonlight/api/pair?${ON_HOST}`, { 'accept-encoding': 'gzip' }, '{"host_id":0}');
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.headers).toMatchObject({ 'x-accel-buffering': 'no', 'transfer-encoding': 'chunked' });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    const pieces: string[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece.toString()));
    await eventually(() => {
      expect(pieces).toEqual(['{"Pin":"4821"}']);
    });
    finish();
    await once(answer, 'end');
    expect(pieces).toEqual(['{"Pin":"4821"}', '\n{"Paired":{}}']);
    expect(moonlight.asked[0]?.body).toBe('{"host_id":0}');
  });

  it('ends the host’s request with the caller, and the caller with the host', async () => {
    moonlight.answer = (_request, response) => response.write('{"Pin":"4821"}');
    const before = moonlight.abandonedCount;
    const sent = send('POST', `/moonlight/pair?${ON_HOST}`, {}, '{"host_id":0}');
    await once(sent, 'response');
    sent.destroy();
    await eventually(() => {
      expect(moonlight.abandonedCount).toBe(before + 1);
    });
    moonlight.answer = (_request, response) => {
      response.write('{"Pin"', () => response.destroy());
    };
    await expect(answerTo(send('POST', `/moonlight/pair?${ON_HOST}`, {}, '{}'))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  it('takes a change by cookie from the pages that the operator names, and from no others', async () => {
    const cookie = { authorization: '', cookie: `access_token=${admin}` };
    const statusFrom = async (origin: string): Promise<number | undefined> =>
      (await answerTo(send('POST', `/moonlight/host/wake?${ON_HOST}`, { ...cookie, origin }, '{}'))).statusCode;
    expect(await statusFrom(PAGE)).toBe(200);
    expect(await statusFrom('https://helix.test')).toBe(200);
    expect(await statusFrom('https://evil.test')).toBe(403);
    expect(await statusFrom('http://app.test')).toBe(403);
  });

  it('asks for the streams of a host once, however many pages look', async () => {
    let finish = (): void => undefined;
    moonlight.answer = (_request, response) => {
      finish = () => response.end('{"sessions":[]}');
    };
    const path = `/api/v1/moonlight/status?${ON_HOST}`;
    const asking = Array.from({ length: 5 }, () => answerTo(send('GET', path)));
    await eventually(() => {
      expect(moonlight.asked).toHaveLength(1);
    });
    finish();
    const answers = [...(await Promise.all(asking)), await answerTo(send('GET', path))];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200));
    expect(moonlight.asked.map(({ what }) => what)).toEqual(['GET /api/admin/status']);
  });
});

describe('an API without the secret of Moonlight Web', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;

  beforeAll(async () => {
    api = await ApiInProcess.start();
    host = await SimulatedHost.connect(api, HOST);
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  it('says which setting it lacks', async () => {
    const admin = api.as(await api.userKey('root', true));
    for (const path of ['/moonlight/hosts', '/api/v1/moonlight/status']) {
      const { status, body } = await admin.get(`${path}?${ON_HOST}`);
      expect([status, body['code']]).toEqual([501, 'STREAMS_NOT_CONFIGURED']);
      expect(body['message']).toContain('MOONLIGHT_CREDENTIALS');
    }
  });
});
