import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { LocalDialer } from '@helix/revdial/testing';

import {
  ByteBudget,
  checkedExecRequest,
  ClipboardService,
  createSessionId,
  DesktopHealthService,
  EXTERNAL_AGENT_LIMITS,
  ExecService,
  IceServers,
  LogService,
  MoonlightDialects,
  MoonlightRest,
  MoonlightStatus,
  ScreenshotService,
  SessionDirectory,
  SessionEntity,
  UploadService,
} from '../src/index.js';
import { DesktopServer } from './support/desktop-server.js';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const HOST = 'gpu-1';

describe('headers of a desktop or a host that change what a body means', () => {
  const server = new DesktopServer();
  const dialer = new LocalDialer();
  const pool = new RunnerHttpPool(dialer);
  const id = createSessionId();
  const session = Object.assign(new SessionEntity(), { id, ownerId: 'ann', state: 'running', deletedAt: null });
  const directory = new SessionDirectory({ find: () => Promise.resolve(session) });
  const budget = new ByteBudget(EXTERNAL_AGENT_LIMITS.desktopBytesMaxInFlight);
  const asked: IncomingHttpHeaders[] = [];
  const moonlight = {
    credentials: 's3cret',
    dialects: new MoonlightDialects(),
    iceServers: new IceServers({ stunUrls: [], turnUrls: [], turnSecret: undefined, turnTtlS: 300 }),
    basePath: '',
    isConnected: () => true,
  };
  const uploads = new UploadService(pool, directory);
  const form = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nA\r\n--x--\r\n';

  /** Each question that is asked of a desktop or a host's Moonlight Web, with the body of a good answer. */
  const QUESTIONS: Readonly<Record<string, { readonly body: string; readonly ask: () => Promise<unknown> }>> = {
    screenshot: { body: 'P', ask: () => new ScreenshotService(pool, directory, budget).fetch(id, {}) },
    'clipboard read': {
      body: '{"type":"text","data":""}',
      ask: () => new ClipboardService(pool, directory, budget).read(id),
    },
    'clipboard write': {
      body: '',
      ask: () => new ClipboardService(pool, directory, budget).write(id, { type: 'text', data: Buffer.from('""') }),
    },
    logs: { body: 'line\n', ask: () => new LogService(pool, directory, budget).tail(id, 5) },
    'logs followed': {
      body: 'line\n',
      ask: async () => {
        (await new LogService(pool, directory, budget).follow(id, 5, new AbortController().signal)).destroy(
          'DIAL_ABORTED',
        );
      },
    },
    command: {
      body: '{"success":true,"exit_code":0}',
      ask: () =>
        new ExecService(pool, directory, budget, { isEnabled: true, logger: QUIET }).run(
          id,
          'ann',
          checkedExecRequest({ command: ['ls'] }),
        ),
    },
    upload: {
      body: '{"path":"/a","size":1,"filename":"a"}',
      ask: () =>
        uploads.upload(
          id,
          {
            body: Readable.from([form]),
            contentType: 'multipart/form-data; boundary=x',
            contentLength: form.length,
            openFileManager: false,
          },
          new AbortController().signal,
        ),
    },
    'Moonlight status': {
      body: '{"sessions":[]}',
      ask: () => new MoonlightStatus(pool, moonlight).read(HOST, new AbortController().signal),
    },
    'Moonlight call': {
      body: '{}',
      ask: async () => {
        const rest = new MoonlightRest(pool, moonlight);
        const route = rest.routeOf(HOST, 'GET', '/moonlight/hosts')!;
        const call = { wolfInstanceId: HOST, route, query: new URLSearchParams(), accept: undefined, body: undefined };
        const answer = await rest.call(
          { ...call, routingQuery: 'wolf_instance_id=gpu-1', viewerId: 'root' },
          new AbortController().signal,
        );
        answer.body.destroy();
      },
    },
  };
  let answerHead: { readonly status: number; readonly headers: OutgoingHttpHeaders } = { status: 200, headers: {} };
  let answerBody: string | Buffer = '';

  beforeAll(async () => {
    const address = await server.start();
    dialer.set(runnerIdOf('sandbox', id), address);
    dialer.set(runnerIdOf('moonlight', HOST), address);
    server.answer = (request, response) => {
      asked.push(request.headers);
      response.writeHead(answerHead.status, answerHead.headers).end(answerBody);
    };
  });
  afterAll(async () => {
    pool.destroy();
    await server.close();
  });

  function answering(question: string, headers: OutgoingHttpHeaders, status = 200): void {
    const contentType = question === 'screenshot' ? 'image/png' : 'application/json';
    answerHead = { status, headers: { 'content-type': contentType, ...headers } };
    answerBody = QUESTIONS[question]!.body;
  }

  describe.each(Object.keys(QUESTIONS))('of an answer to: %s', (question) => {
    const { ask } = QUESTIONS[question]!;
    const code = question.startsWith('Moonlight') ? 'MOONLIGHT_INVALID_ANSWER' : 'DESKTOP_INVALID_ANSWER';

    it.each([
      [{ 'content-encoding': 'gzip' }],
      [{ 'Content-Encoding': 'X-Anything' }],
      [{ 'CONTENT-ENCODING': ['identity', 'br'] }],
      [{ 'content-encoding': 'identity, deflate' }],
      [{ 'content-range': 'bytes 0-1/2' }],
      [{ 'content-type': 'multipart/x-mixed-replace; boundary=a' }],
      [{ 'content-type': 'image/png, text/html' }],
      [{ 'content-type': 'no type' }],
      [{ 'CONTENT-TYPE': ['image/png', 'text/html'] }],
      [{ 'content-type': 'application/json; charset=utf-16' }],
      [{ 'transfer-encoding': 'gzip, chunked' }],
    ])('%j is refused', async (headers) => {
      answering(question, headers);
      await expect(ask()).rejects.toMatchObject({ code });
    });

    it('is no part of one that was not asked for', async () => {
      answering(question, {}, 206);
      await expect(ask()).rejects.toMatchObject({ code });
    });

    it('leaves one alone that is plain, and asks for no other', async () => {
      asked.length = 0;
      answering(question, { 'content-encoding': 'Identity', 'x-more': '1' });
      await ask();
      expect(asked.map((headers) => headers['accept-encoding'])).toEqual(['identity']);
    });
  });

  it('of a desktop’s health make it one that says nothing', async () => {
    const health = new DesktopHealthService(pool);
    answerHead = { status: 200, headers: { 'content-type': 'application/json' } };
    answerBody = '{"status":"ok"}';
    expect(await health.find(id)).toEqual({ status: 'ok' });
    answerHead = { status: 200, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } };
    answerBody = gzipSync('{"status":"ok"}');
    expect(await health.find(id)).toBeUndefined();
  });
});
