import type { SessionId } from '@helix/external-agent';
import { connectScriptedMoonlight } from '../../apps/api/test/support/scripted-moonlight.js';
import type { ScriptedService, TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import { MOONLIGHT_ROUTES } from './shapes/moonlight.js';
import { ContractWorld, HOST, NO_SESSION } from './support/contract-world.js';

const STATUS = 'GET /api/v1/moonlight/status';
const GET = 'GET /moonlight/{path}';
const POST = 'POST /moonlight/{path}';
const STREAM = 'host/stream/webrtc';

const stream = { session_id: 'agent-x', client_unique_id: null, mode: 'create', has_websocket: true };

describe('the contract of moonlight', () => {
  let world: ContractWorld;
  let moonlight: ScriptedService;
  let runner: TestRunner;
  let id: SessionId;

  beforeAll(async () => {
    world = await ContractWorld.start(MOONLIGHT_ROUTES, undefined, { MOONLIGHT_DIALECTS: `${HOST}=v3` });
    ({ service: moonlight, runner } = await connectScriptedMoonlight(world.api, HOST));
    id = await world.session();
  });
  afterAll(async () => {
    await runner.close();
    await world.close();
  });

  const query = { wolf_instance_id: HOST };

  function answers(status: number, body = '', headers: Readonly<Record<string, string>> = {}): void {
    moonlight.answer = (_request, response) => response.writeHead(status, headers).end(body);
  }

  it('tells strangers apart', async () => {
    await world.refuseStrangers(id);
  });

  it('shows the streams of a host, of an older one as well', async () => {
    const whole = { clients: [{ client_unique_id: 'c', has_certificate: true }], sessions: [stream] };
    answers(200, JSON.stringify(whole));
    expect((await world.admin.ask(STATUS, { query })).body).toEqual({
      total_clients: 1,
      total_sessions: 1,
      active_websockets: 1,
      ...whole,
      sessions: [{ ...stream, streamer_pid: null, streamer_alive: true }],
    });
    answers(200, '{"sessions":7}');
    await eventually(async () => {
      expect((await world.admin.ask(STATUS, { query })).body['code']).toBe('MOONLIGHT_INVALID_ANSWER');
    });
    answers(500);
    expect((await world.admin.ask(STATUS, { query })).body['code']).toBe('MOONLIGHT_ERROR');
    answers(401);
    expect((await world.admin.ask(STATUS, { query })).body['code']).toBe('MOONLIGHT_CREDENTIALS_REFUSED');
    expect((await world.admin.ask(STATUS)).status).toBe(400);
    expect((await world.admin.ask(STATUS, { query: { wolf_instance_id: 'nowhere' } })).status).toBe(404);
  });

  it('passes on what may be asked, of a named host or of that of a session', async () => {
    answers(200, '{"hosts":[]}', { 'content-type': 'application/json' });
    for (const named of [query, { session_id: id }, { session_id: `agent-${id}-tab` }]) {
      expect((await world.admin.ask(GET, { path: 'hosts', query: named })).body).toEqual({ hosts: [] });
    }
    const missing: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{}, 'INVALID_REQUEST'],
      [{ ...query, session_id: id }, 'INVALID_REQUEST'],
      [{ session_id: `${id}x` }, 'INVALID_REQUEST'],
      [{ session_id: NO_SESSION }, 'SESSION_NOT_FOUND'],
      [{ session_id: await world.api.runningSession('owner') }, 'NO_DESKTOP'],
      [{ wolf_instance_id: 'nowhere' }, 'NOT_FOUND'],
      [{ wolf_instance_id: '../x' }, 'NOT_FOUND'],
      [{ wolf_instance_id: 'a\0b' }, 'NOT_FOUND'],
      [{ ...query, host_id: 'x' }, 'INVALID_REQUEST'],
    ];
    for (const [named, code] of missing) {
      const { body } = await world.admin.ask(GET, { path: 'hosts', query: named });
      expect([named, body['code']]).toEqual([named, code]);
    }
    for (const [status, code] of [
      [401, 'MOONLIGHT_CREDENTIALS_REFUSED'],
      [404, 'MOONLIGHT_NOT_FOUND'],
      [500, 'MOONLIGHT_ERROR'],
    ] as const) {
      answers(status);
      expect((await world.admin.ask(GET, { path: 'api/host', query })).body['code']).toBe(code);
    }
  });

  it('pairs', async () => {
    answers(200, '{"Pin":"4821"}\n{"Paired":{}}', { 'content-type': 'application/x-ndjson' });
    const { bytes } = await world.admin.ask(POST, { path: 'pair', query, body: { host_id: 0 } });
    expect(bytes.toString()).toBe('{"Pin":"4821"}\n{"Paired":{}}');
    const tooLong = await world.admin.ask(POST, { path: 'pair', query, body: 'x'.repeat(16 * 1024 + 1) });
    expect(tooLong.body['code']).toBe('PAYLOAD_TOO_LARGE');
    expect((await world.admin.ask(POST, { path: 'pair', body: {} })).body['code']).toBe('INVALID_REQUEST');
  });

  it('signals by HTTP where a host can', async () => {
    answers(204, '', { link: '<stun:s:1>; rel="ice-server"' });
    await world.admin.ask('OPTIONS /moonlight/{path}', { path: STREAM, query });
    answers(201, 'v=0\r\n', { 'content-type': 'application/sdp', location: '/api/host/stream/webrtc/a-1' });
    const { headers } = await world.admin.ask(POST, { path: STREAM, query: { session_id: id }, body: 'v=0\r\n' });
    expect(headers.get('location')).toBe(`/moonlight/api/host/stream/webrtc/a-1?session_id=${id}`);
    answers(204);
    const one = { path: `${STREAM}/a-1`, query };
    await world.admin.ask('PATCH /moonlight/{path}', { ...one, body: 'a=candidate:1' });
    const tooLong = await world.admin.ask('PATCH /moonlight/{path}', { ...one, body: 'x'.repeat(64 * 1024 + 1) });
    expect(tooLong.status).toBe(413);
    answers(200);
    await world.admin.ask('DELETE /moonlight/{path}', one);
    answers(404);
    await world.admin.ask('DELETE /moonlight/{path}', one);
  });

  it('knows no other paths', async () => {
    const askedBefore = moonlight.asked.length;
    for (const route of Object.keys(MOONLIGHT_ROUTES).filter((name) => name.includes('{path}'))) {
      const { body } = await world.admin.ask(route, { path: 'api/streamers', query });
      expect([route, body['message']]).toEqual([route, 'no such route']);
    }
    expect(moonlight.asked).toHaveLength(askedBefore);
  });

  it('says when the host is away', async () => {
    await runner.close();
    await eventually(async () => {
      expect((await world.admin.ask(STATUS, { query })).body['code']).toBe('RUNNER_NOT_CONNECTED');
    });
    const { body } = await world.admin.ask(GET, { path: 'sessions', query });
    expect(body['code']).toBe('RUNNER_NOT_CONNECTED');
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
