import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { LocalDialer } from '@helix/revdial/testing';

import { MoonlightStatus } from '../src/index.js';
import { MoonlightServer } from './support/moonlight-server.js';

const STREAM = { session_id: 'agent-ses_1-tab', client_unique_id: null, mode: 'create', has_websocket: true };
const WHOLE = {
  total_clients: 1,
  total_sessions: 2,
  active_websockets: 1,
  clients: [{ client_unique_id: 'helix-agent-ses_1-tab', has_certificate: true }],
  sessions: [
    { ...STREAM, client_unique_id: 'helix-agent-ses_1-tab', streamer_pid: 17, streamer_alive: true },
    { ...STREAM, has_websocket: false, streamer_pid: null, streamer_alive: false },
  ],
};

describe('the streams of a host', () => {
  const host = new MoonlightServer();
  const dialer = new LocalDialer();
  const pool = new RunnerHttpPool(dialer);
  const signal = new AbortController().signal;
  const isConnected = (id: string): boolean => id !== 'gpu-8';
  let answers: Readonly<Record<string, string | undefined>>;
  let status: MoonlightStatus;

  beforeAll(async () => {
    dialer.set(runnerIdOf('moonlight', 'gpu-1'), await host.start());
  });
  beforeEach(() => {
    status = new MoonlightStatus(pool, { credentials: 's3cret', isConnected });
    host.asked.length = 0;
    host.answer = ({ url = '', headers }, response) => {
      const answer = headers.authorization === 'Bearer s3cret' ? answers[url] : undefined;
      response.writeHead(headers.authorization !== 'Bearer s3cret' ? 401 : answer === undefined ? 404 : 200);
      response.end(answer);
    };
  });
  afterAll(async () => {
    pool.destroy();
    await host.close();
  });

  it('are told with their children, and with the identities that are remembered', async () => {
    answers = { '/api/admin/status': JSON.stringify(WHOLE) };
    expect(await status.read('gpu-1', signal)).toEqual({
      clientUniqueIds: ['helix-agent-ses_1-tab'],
      streams: [
        {
          sessionId: 'agent-ses_1-tab',
          clientUniqueId: 'helix-agent-ses_1-tab',
          mode: 'create',
          hasWebSocket: true,
          streamerPid: 17,
          isStreamerAlive: true,
        },
        {
          sessionId: 'agent-ses_1-tab',
          clientUniqueId: undefined,
          mode: 'create',
          hasWebSocket: false,
          streamerPid: undefined,
          isStreamerAlive: false,
        },
      ],
    });
  });

  it('are asked the older way of an older host, which is remembered', async () => {
    answers = { '/api/sessions': JSON.stringify({ sessions: [STREAM] }) };
    for (let times = 0; times < 2; times += 1) {
      expect(await status.read('gpu-1', signal)).toMatchObject({
        clientUniqueIds: [],
        streams: [{ isStreamerAlive: true, streamerPid: undefined }],
      });
    }
    expect(host.asked.map(({ what }) => what)).toEqual([
      'GET /api/admin/status',
      'GET /api/sessions',
      'GET /api/sessions',
    ]);
  });

  it('are not told by a host that knows neither question', async () => {
    answers = {};
    await expect(status.read('gpu-1', signal)).rejects.toMatchObject({ code: 'MOONLIGHT_ERROR' });
  });

  it.each([
    'x',
    '[]',
    '{}',
    '{"sessions":{}}',
    '{"sessions":[null]}',
    '{"sessions":[{"session_id":1}]}',
    '{"sessions":[],"clients":[{}]}',
    JSON.stringify({ sessions: Array.from({ length: 2_001 }, () => STREAM) }),
  ])('are not read from %.40s', async (answer) => {
    answers = { '/api/admin/status': answer };
    await expect(status.read('gpu-1', signal)).rejects.toMatchObject({ code: 'MOONLIGHT_INVALID_ANSWER' });
  });

  it('are not waited for longer than the limit, whether nothing comes or it does not end', async () => {
    const impatient = new MoonlightStatus(pool, { credentials: 's3cret', isConnected, timeoutMs: 100 });
    for (const begin of [false, true]) {
      host.answer = (_request, response) => {
        if (begin) response.write('{');
      };
      await expect(impatient.read('gpu-1', signal)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    }
    await eventually(() => {
      expect(host.abandonedCount).toBe(2);
    });
  });

  it('fail without the secret, with a wrong one, and for a host that is away', async () => {
    const code = async (credentials: string | undefined, id: string): Promise<unknown> =>
      await new MoonlightStatus(pool, { credentials, isConnected }).read(id, signal).catch((error: unknown) => error);
    expect(await code(undefined, 'gpu-1')).toMatchObject({ code: 'STREAMS_NOT_CONFIGURED' });
    expect(await code('other', 'gpu-1')).toMatchObject({ code: 'MOONLIGHT_CREDENTIALS_REFUSED' });
    expect(await code('s3cret', 'gpu-8')).toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    expect(await code('s3cret', 'gpu-9')).toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
  });
});
