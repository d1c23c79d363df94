import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { fixedToken, ConnectionManager, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';
import { createSessionId, LogService, type SessionId } from '@helix/external-agent';
import { eventually } from '../../../test/support/eventually.js';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the services of a desktop over REST', () => {
  let api: ApiInProcess;
  let owner: RestClient;
  let admin: RestClient;
  let id: SessionId;
  let base: string;
  let service: Server;
  let tunnel: RunnerTunnel;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: string[];

  beforeAll(async () => {
    api = await ApiInProcess.start({ DESKTOP_EXEC_ENABLED: 'true' });
    owner = api.as(await api.userKey('owner'));
    admin = api.as(await api.userKey('root', true));
    id = await api.runningSession('owner');
    base = `/api/v1/external-agents/${id}`;
    service = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      request.on('error', () => undefined);
      answer(request, response);
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const server = parseServerAddress(api.url);
    if (server === undefined) throw new Error('no address');
    tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: `sandbox-${id}`,
      token: fixedToken(await api.sessionToken(id, 'owner')),
      local: { kind: 'tcp', host: '127.0.0.1', port: (service.address() as AddressInfo).port },
      logger: QUIET,
    });
    tunnel.start();
    await eventually(async () => {
      expect((await owner.get(base)).body['desktop_connected']).toBe(true);
    });
  });
  beforeEach(() => {
    asked = [];
    answer = (request, response) => {
      request.resume().on('end', () => response.end('{}'));
    };
  });
  afterAll(async () => {
    tunnel.destroy();
    await tunnel.closed;
    service.closeAllConnections();
    service.close();
    await api.close();
  });

  const openStreamCount = (): number => api.api.app.get(ConnectionManager).totals().openStreamCount;

  describe('upload', () => {
    const form = (content: string): FormData => {
      const made = new FormData();
      made.set('file', new File([content], 'notes.txt'));
      return made;
    };
    const post = async (body: FormData, query = ''): Promise<{ status: number; body: Record<string, unknown> }> => {
      const response = await fetch(`${api.url}${base}/upload${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${owner.key ?? ''}` },
        body,
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    it('passes a file on, and what is to be done with it', async () => {
      answer = (request, response) => {
        request.resume().on('end', () => response.end('{"path":"/in/notes.txt","size":5,"filename":"notes.txt"}'));
      };
      expect(await post(form('hello'))).toEqual({
        status: 200,
        body: { path: '/in/notes.txt', size: 5, filename: 'notes.txt' },
      });
      expect((await post(form('hello'), '?open_file_manager=false')).status).toBe(200);
      expect(asked).toEqual(['POST /upload?open_file_manager=true', 'POST /upload?open_file_manager=false']);
      const nonsense = await post(form('hello'), '?open_file_manager=maybe');
      expect([nonsense.status, nonsense.body['code']]).toEqual([400, 'INVALID_REQUEST']);
    });

    it('answers one who is still sending, and cuts him when he does not stop', async () => {
      answer = (_request, response) => response.writeHead(404).end();
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (piece: Buffer) => (text += piece.toString()));
      socket.write(
        `POST ${base}/upload HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${owner.key ?? ''}\r\n` +
          'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n' +
          '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n',
      );
      const sending = setInterval(() => socket.write(Buffer.alloc(10_000)), 10);
      await eventually(() => {
        expect(text).toContain('HTTP/1.1 501');
        expect(text).toContain('DESKTOP_UNSUPPORTED');
      });
      await closed;
      clearInterval(sending);
    });

    it('refuses what is announced as too large before a byte of it', async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(
          `${api.url}${base}/upload`,
          {
            method: 'POST',
            headers: {
              authorization: `Bearer ${owner.key ?? ''}`,
              'content-type': 'multipart/form-data; boundary=b',
              'content-length': 600 * 1024 * 1024,
            },
          },
          (response) => {
            resolve(response.statusCode);
            request.destroy();
          },
        );
        request.on('error', reject);
        request.flushHeaders();
      });
      expect([status, asked]).toEqual([413, []]);
    });

    it('refuses compressed bodies, and bodies that are no form', async () => {
      for (const headers of [{ 'content-encoding': 'gzip' }, {}]) {
        const refused = await owner.post(`${base}/upload`, '{}', headers);
        expect([refused.status, refused.body['code']]).toEqual([400, 'INVALID_REQUEST']);
      }
      expect(asked).toEqual([]);
    });

    it('says how to go on when the session is stopped', async () => {
      const stopped = await api.runningSession('owner');
      await api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [stopped]);
      const response = await fetch(`${api.url}/api/v1/external-agents/${stopped}/upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${owner.key ?? ''}` },
        body: form('x'),
      });
      expect([response.status, await response.json()]).toMatchObject([
        409,
        { code: 'SESSION_WRONG_STATE', details: { state: 'stopped', hint: 'resume' } },
      ]);
    });
  });

  describe('exec', () => {
    it('runs what is asked and answers in the keys of Helix', async () => {
      answer = (request, response) => {
        request.resume().on('end', () => response.end('{"success":false,"exit_code":1,"error":"no","pid":4}'));
      };
      const ran = await owner.post(`${base}/exec`, { command: ['ls'], background: null, env: { A: 'b' }, timeout: 5 });
      expect([ran.status, ran.body]).toEqual([
        200,
        { success: false, exit_code: 1, error: 'no', pid: 4, truncated: false },
      ]);
      answer = (request, response) => {
        request.resume().on('end', () => response.writeHead(403).end());
      };
      const refused = await owner.post(`${base}/exec`, { command: ['rm'] });
      expect([refused.status, refused.body['code']]).toEqual([403, 'EXEC_FORBIDDEN']);
    });

    it.each([
      {},
      { command: 'ls' },
      { command: [] },
      { command: [1] },
      { command: ['ls'], timeout: 301 },
      { command: ['ls'], timeout: '5' },
      { command: ['ls'], background: 'yes' },
      { command: ['ls'], env: ['A=b'] },
      { command: ['ls'], env: { A: 1 } },
      { command: ['ls'], env: { 'A B': 'x' } },
    ])('refuses %j', async (body) => {
      const refused = await owner.post(`${base}/exec`, body);
      expect([refused.status, refused.body['code'], asked]).toEqual([400, 'INVALID_REQUEST', []]);
    });

    it('is off unless the operator switches it on', async () => {
      const other = await ApiInProcess.start();
      try {
        const user = other.as(await other.userKey('owner'));
        const session = await other.runningSession('owner');
        const refused = await user.post(`/api/v1/external-agents/${session}/exec`, { command: ['ls'] });
        expect([refused.status, refused.body['code']]).toEqual([403, 'EXEC_DISABLED']);
        expect(refused.body['message']).toContain('DESKTOP_EXEC_ENABLED');
      } finally {
        await other.close();
      }
    });
  });

  describe('logs', () => {
    it('are the desktop’s', async () => {
      answer = (_request, response) =>
        response.end('one\n{"t":"2026-01-01T00:00:00Z","stream":"stdout","line":"two"}\n');
      const read = await owner.get(`${base}/logs`);
      expect([read.status, read.body]).toEqual([
        200,
        {
          session_id: id,
          lines: 100,
          logs: ['one', '2026-01-01T00:00:00Z two'],
          timestamp: expect.stringMatching(/^\d{4}-/) as string,
        },
      ]);
      await owner.get(`${base}/logs?lines=5000&follow=false`);
      expect(asked).toEqual(['GET /logs?tail=100', 'GET /logs?tail=5000']);
      for (const query of ['lines=0', 'lines=5001', 'lines=x', 'lines=-1', 'follow=maybe']) {
        const refused = await owner.get(`${base}/logs?${query}`);
        expect([query, refused.status, refused.body['code']]).toEqual([query, 400, 'INVALID_REQUEST']);
      }
    });

    it.each([
      ['lines', 'application/json', 'application/x-ndjson', '{"t":null,"stream":null,"line":"one"}\n'],
      ['events', 'text/event-stream', 'text/event-stream', 'data: {"t":null,"stream":null,"line":"one"}\n\n'],
    ])('can be followed as %s until the caller leaves', async (_what, accept, type, expected) => {
      answer = (_request, response) => response.write('one\n');
      const leave = new AbortController();
      const response = await fetch(`${api.url}${base}/logs?follow=true&lines=7`, {
        headers: { authorization: `Bearer ${owner.key ?? ''}`, accept },
        signal: leave.signal,
      });
      expect(response.headers.get('content-type')).toContain(type);
      const piece = await response.body?.getReader().read();
      expect(Buffer.from(piece?.value ?? []).toString()).toBe(expected);
      expect(asked).toEqual(['GET /logs?tail=7&follow=true']);
      leave.abort();
      await eventually(() => {
        expect([openStreamCount(), api.api.app.get(LogService).feedCount]).toEqual([0, 0]);
      });
    });

    it('end, with a last word, when the desktop ends or dies', async () => {
      answer = (_request, response) => response.end('one\n');
      const lines = await owner.get(`${base}/logs?follow=1`);
      const last: unknown = JSON.parse(lines.bytes.toString().trim().split('\n').at(-1) ?? '');
      expect(last).toMatchObject({ stream: 'helix', end: 'ENDED' });
      answer = (_request, response) => {
        response.write('one\n', () => response.socket?.resetAndDestroy());
      };
      const events = await owner.get(`${base}/logs?follow=1`, { accept: 'text/event-stream' });
      expect(events.bytes.toString()).toMatch(/(?:^|\n)event: end\ndata: \{.*"end":"UPSTREAM_INVALID"\}\n\n$/);
    });

    it('tell a reader who is too slow how much he missed, and hold neither memory nor desktop', async () => {
      const total = 200_000;
      let isAllSent = false;
      answer = (_request, response) => {
        let sent = 0;
        const pump = (): void => {
          while (sent < total) {
            sent += 1;
            if (!response.write(`line ${String(sent)} ${'x'.repeat(200)}\n`)) {
              response.once('drain', pump);
              return;
            }
          }
          isAllSent = true;
          response.end();
        };
        pump();
      };
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname);
      socket.pause();
      socket.write(
        `GET ${base}/logs?follow=true HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer ${owner.key ?? ''}\r\n\r\n`,
      );
      await eventually(() => {
        expect(isAllSent).toBe(true);
      });
      await eventually(() => {
        expect(openStreamCount()).toBe(0);
      });
      let text = '';
      socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
      const dropped = [...text.matchAll(/"dropped":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      const lines = text.match(/"line":"line \d+ x/g) ?? [];
      expect(dropped).toBeGreaterThan(0);
      expect(lines.length + dropped).toBe(total);
      expect(text).toContain(`line ${String(total)} x`);
      expect(text).toContain('"end":"ENDED"');
    });

    it('are not made up for a session without a desktop or one whose image has none', async () => {
      answer = (_request, response) => response.writeHead(404).end();
      const old = await owner.get(`${base}/logs`);
      expect([old.status, old.body['code']]).toEqual([501, 'DESKTOP_UNSUPPORTED']);
      const stopped = await api.runningSession('owner');
      await api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [stopped]);
      const none = await owner.get(`/api/v1/external-agents/${stopped}/logs?follow=true`);
      expect([none.status, none.body['code']]).toEqual([404, 'NO_DESKTOP']);
    });
  });

  describe('facts', () => {
    it('are what is known, and null for what is not', async () => {
      answer = (_request, response) =>
        response.end('{"status":"ok","pid":77,"display":":3","workspace_dir":"/home/u/work"}');
      const started = new Date(Date.now() - 60_000);
      await api.dataSource.query('UPDATE sessions SET started_at = $2 WHERE id = $1', [id, started]);
      await eventually(async () => {
        expect((await owner.get(`${base}/stats`)).body['start_time']).toBe(started.toISOString());
      });
      const stats = await owner.get(`${base}/stats`);
      const { round_trip_ms: measured } = stats.body['link'] as { round_trip_ms: unknown };
      expect(measured === null || typeof measured === 'number').toBe(true);
      expect(stats.body).toEqual({
        session_id: id,
        pid: 77,
        start_time: started.toISOString(),
        last_access: expect.stringMatching(/^\d{4}-/) as string,
        uptime: expect.any(Number) as number,
        workspace_dir: '/home/u/work',
        display_num: 3,
        rdp_port: null,
        status: 'running',
        link: {
          connected: true,
          transport: expect.stringMatching(/^(hijack|websocket)$/) as string,
          round_trip_ms: measured,
          streams_open: 1,
          bytes_in: expect.any(Number) as number,
          bytes_out: expect.any(Number) as number,
          last_seen: expect.stringMatching(/^\d{4}-/) as string,
        },
        desktop: { status: 'ok', pid: 77, display: ':3', workspace_dir: '/home/u/work' },
      });
      expect(Number(stats.body['uptime'])).toBeGreaterThan(59);
    });

    it('of a desktop that says nothing, or is away, are those of this side', async () => {
      answer = (_request, response) => response.writeHead(500).end();
      const silent = (await owner.get(`${base}/stats`)).body;
      expect(silent).toMatchObject({ pid: null, display_num: null, workspace_dir: null, link: { connected: true } });
      expect(silent).not.toHaveProperty('desktop');
      const away = await api.runningSession('owner');
      expect((await owner.get(`/api/v1/external-agents/${away}/stats`)).body).toMatchObject({
        session_id: away,
        uptime: null,
        start_time: null,
        link: { connected: false, transport: null, bytes_in: null, last_seen: null },
      });
    });

    it('say where to see the desktop, and that there is no stream or channel to offer', async () => {
      const view = await owner.get(`${base}/rdp`);
      expect(view.body).toEqual({
        session_id: id,
        screenshot_url: `${base}/screenshot`,
        stream_url: '',
        status: 'running',
        websocket_url: '',
        websocket_connected: false,
      });
    });

    it('list the links of the caller’s own desktops, and everybody’s for an admin who asks', async () => {
      const path = '/api/v1/external-agents/connections';
      const link = {
        session_id: id,
        connected_at: expect.stringMatching(/^\d{4}-/) as string,
        last_ping: expect.stringMatching(/^\d{4}-/) as string,
        status: 'connected',
      };
      expect((await owner.get(path)).body).toEqual([link]);
      const other = api.as(await api.userKey('other'));
      expect((await other.get(`${path}?all=true`)).body).toEqual([]);
      expect((await admin.get(path)).body).toEqual([]);
      expect((await admin.get(`${path}?all=true`)).body).toEqual([link]);
      expect((await admin.get(`${path}?all=true&page=2&page_size=1`)).body).toEqual([]);
      expect((await owner.get(`${path}?all=maybe`)).status).toBe(400);
    });

    it('do not change by being put', async () => {
      const before = (await owner.get(base)).body;
      const put = await owner.send('PUT', base, { last_access: '2026-01-31T12:00:00Z', status: 'stopped' });
      expect([put.status, put.body]).toEqual([200, before]);
      expect((await owner.send('PUT', base)).status).toBe(200);
      expect((await owner.send('PUT', base, { last_access: 'yesterday' })).body['code']).toBe('INVALID_REQUEST');
    });

    it('of a session that does not exist are 404', async () => {
      const nobody = `/api/v1/external-agents/${createSessionId()}`;
      for (const route of ['stats', 'rdp', 'logs']) {
        expect((await owner.get(`${nobody}/${route}`)).body['code']).toBe('SESSION_NOT_FOUND');
      }
    });
  });
});
