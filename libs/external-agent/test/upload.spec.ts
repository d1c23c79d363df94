import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { eventually } from '@helix/pacing/testing';

import { EXTERNAL_AGENT_LIMITS, UploadService, type UploadedFile } from '../src/index.js';
import { TunnelledDesktop } from './support/tunnelled-desktop.js';

const BOUNDARY = 'the-boundary';

function part(content: string, headers: string): string {
  return `--${BOUNDARY}\r\n${headers}\r\n\r\n${content}\r\n`;
}

function head(fileName: string, field = 'file'): string {
  return `Content-Disposition: form-data; name="${field}"; filename="${fileName}"\r\nContent-Type: text/html`;
}

const END = `--${BOUNDARY}--\r\n`;

describe('uploads', () => {
  let desktop: TunnelledDesktop;
  let uploads: UploadService;
  /** What the desktop got: whole bodies, and whether one broke off. */
  let got: { readonly body: Buffer; readonly isWhole: boolean; readonly type: string }[];

  const send = (
    body: Readable | string,
    options: { contentType?: string; contentLength?: number; openFileManager?: boolean; signal?: AbortSignal } = {},
  ): Promise<UploadedFile> =>
    uploads.upload(
      desktop.sessionId,
      {
        body: typeof body === 'string' ? Readable.from([Buffer.from(body)]) : body,
        contentType: options.contentType ?? `multipart/form-data; boundary=${BOUNDARY}`,
        contentLength: options.contentLength,
        openFileManager: options.openFileManager ?? true,
      },
      options.signal ?? new AbortController().signal,
    );

  /** Takes all, and says the size of the file within the form that this software sends. */
  function take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('close', () => {
      const body = Buffer.concat(chunks);
      got.push({ body, isWhole: request.complete, type: request.headers['content-type'] ?? '' });
      const text = body.toString('latin1');
      const size = text.lastIndexOf('\r\n--') - text.indexOf('\r\n\r\n') - 4;
      response.end(JSON.stringify({ path: '/home/u/work/incoming/x', size, filename: 'x' }));
    });
  }

  beforeAll(async () => {
    desktop = new TunnelledDesktop();
    await desktop.start();
  });
  beforeEach(() => {
    uploads = new UploadService(desktop.http, desktop.directory);
    desktop.answer = take;
    desktop.forgetRequests();
    got = [];
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('reach the desktop byte for byte, with their name and the caller’s options', async () => {
    const bytes = randomBytes(3_000_000);
    const form = Readable.from([
      Buffer.from(part('ignored', 'Content-Disposition: form-data; name="note"')),
      Buffer.from(`--${BOUNDARY}\r\n${head('Grüße.bin')}\r\n\r\n`),
      ...Array.from({ length: 30 }, (_, index) => bytes.subarray(index * 100_000, (index + 1) * 100_000)),
      Buffer.from(`\r\n${END}`),
    ]);
    const receipt = await send(form, { openFileManager: false });
    expect(receipt).toEqual({ path: '/home/u/work/incoming/x', size: 3_000_000, filename: 'x' });
    expect(desktop.requests).toEqual(['POST /upload?open_file_manager=false']);
    const [only] = got;
    const from = (only?.body.indexOf('\r\n\r\n') ?? 0) + 4;
    const content = only?.body.subarray(from, from + bytes.length) ?? Buffer.alloc(0);
    expect(createHash('sha256').update(content).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(only?.body.subarray(0, from).toString()).toContain('name="file"; filename="Grüße.bin"');
    expect(only?.body.toString('latin1')).not.toContain('ignored');
    expect(only?.type).toMatch(/^multipart\/form-data; boundary=helix-/);
  });

  it.each([
    ['C:\\fakepath\\notes.txt', 'notes.txt'],
    ['../../etc/passwd', 'passwd'],
    ['a%22b.txt', 'a%22b.txt'],
  ])('lose the path of their name: %s', async (sent, stored) => {
    await send(part('x', head(sent.replaceAll('\\', '\\\\'))) + END);
    expect(got[0]?.body.toString()).toContain(`filename="${stored}"`);
  });

  it.each([
    ['a body that is no form', 'x', { contentType: 'application/json' }],
    ['another kind of form', 'file=x', { contentType: 'application/x-www-form-urlencoded' }],
    ['a form without a boundary', 'x', { contentType: 'multipart/form-data' }],
    ['a form without a file', part('x', 'Content-Disposition: form-data; name="file"') + END, {}],
    ['a file in another field', part('x', head('x', 'picture')) + END, {}],
    ['a file whose name is nothing', part('x', head('..')) + END, {}],
    ['a file whose name has a control character', part('x', head('a\u0007b')) + END, {}],
    ['a file whose name reads backwards', part('x', head('a\u202etxt.exe')) + END, {}],
    ['a file whose name is too long', part('x', head('x'.repeat(300))) + END, {}],
    ['nothing at all', '', {}],
  ])('are refused without troubling the desktop: %s', async (_what, body, options) => {
    await expect(send(body, options)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(desktop.requests).toEqual([]);
  });

  it('that end in the middle of the file are nothing to the desktop either', async () => {
    const body = new PassThrough();
    body.write(`--${BOUNDARY}\r\n${head('half.bin')}\r\n\r\n${'x'.repeat(100_000)}`);
    const sending = send(body);
    await eventually(() => {
      expect(desktop.requests).toHaveLength(1);
    });
    body.end();
    await expect(sending).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await eventually(() => {
      expect(got.map(({ isWhole }) => isWhole)).toEqual([false]);
      expect(desktop.openStreamCount).toBe(0);
    });
  });

  it('whose caller leaves are cut, and leave no stream behind', async () => {
    const leave = new AbortController();
    const body = new PassThrough();
    body.write(`--${BOUNDARY}\r\n${head('half.bin')}\r\n\r\n${'x'.repeat(100_000)}`);
    const sending = send(body, { signal: leave.signal });
    await eventually(() => {
      expect(desktop.requests).toHaveLength(1);
    });
    leave.abort(new Error('the caller left'));
    await expect(sending).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
    await eventually(() => {
      expect(got.map(({ isWhole }) => isWhole)).toEqual([false]);
      expect(desktop.openStreamCount).toBe(0);
    });
    expect(body.destroyed).toBe(false);
  });

  it.each([
    ['no file', ''],
    ['no more of its file', `--${BOUNDARY}\r\n${head('half.bin')}\r\n\r\n${'x'.repeat(100_000)}`],
  ])('of which %s comes for too long are given up', async (_what, begun) => {
    uploads = new UploadService(desktop.http, desktop.directory, 100);
    const body = new PassThrough();
    body.write(begun === '' ? '--' : begun);
    await expect(send(body)).rejects.toMatchObject({ code: 'UPLOAD_STALLED' });
    await eventually(() => {
      expect(desktop.openStreamCount).toBe(0);
    });
  });

  it('may take far longer than nothing of them may come', async () => {
    uploads = new UploadService(desktop.http, desktop.directory, 200);
    const body = new PassThrough();
    const sending = send(body);
    body.write(`--${BOUNDARY}\r\n${head('slow.bin')}\r\n\r\n`);
    const pieces = 30;
    let sent = 0;
    const dripping = setInterval(() => {
      sent += 1;
      body.write('x'.repeat(1_000));
      if (sent < pieces) return;
      clearInterval(dripping);
      body.end(`\r\n${END}`);
    }, 20);
    expect((await sending).size).toBe(pieces * 1_000);
  });

  it('that are announced as too large are refused before the desktop is asked', async () => {
    const contentLength = EXTERNAL_AGENT_LIMITS.uploadMaxBytes + EXTERNAL_AGENT_LIMITS.uploadFramingMaxBytes + 1;
    await expect(send(part('x', head('x')) + END, { contentLength })).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
    });
    expect(desktop.requests).toEqual([]);
  });

  it('that grow too large are cut, whatever they announced', async () => {
    let seenBytes = 0;
    desktop.answer = (request) => {
      request.on('data', (chunk: Buffer) => {
        seenBytes += chunk.length;
      });
    };
    const block = Buffer.alloc(1024 * 1024);
    function* endless(): Generator<Buffer> {
      yield Buffer.from(`--${BOUNDARY}\r\n${head('big.bin')}\r\n\r\n`);
      for (;;) yield block;
    }
    const body = Readable.from(endless(), { objectMode: false });
    await expect(send(body, { contentLength: 10 })).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
    expect(seenBytes).toBeLessThanOrEqual(EXTERNAL_AGENT_LIMITS.uploadMaxBytes + 1_000);
    body.destroy();
    await eventually(() => {
      expect(desktop.openStreamCount).toBe(0);
    });
  }, 60_000);

  it.each([404, 405, 501])('say that the image is too old when the desktop answers %i', async (status) => {
    // At once, before the body: as a router does that has no such path.
    desktop.answer = (_request, response) => response.writeHead(status).end();
    const body = new PassThrough();
    body.write(`--${BOUNDARY}\r\n${head('half.bin')}\r\n\r\n${'x'.repeat(100_000)}`);
    await expect(send(body)).rejects.toMatchObject({
      code: 'DESKTOP_UNSUPPORTED',
      details: { upstreamStatus: status },
    });
    await eventually(() => {
      expect(desktop.openStreamCount).toBe(0);
    });
  });

  it.each([
    [413, '', 'UPLOAD_TOO_LARGE'],
    [507, 'full', 'DESKTOP_ERROR'],
    [200, 'ok', 'DESKTOP_INVALID_ANSWER'],
    [200, '{"path":"/x","filename":"x"}', 'DESKTOP_INVALID_ANSWER'],
    [200, '{"path":"/x","size":7,"filename":"x"}', 'DESKTOP_INVALID_ANSWER'],
  ])('are not there when the desktop answers %i %s', async (status, answer, code) => {
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.writeHead(status).end(answer));
    };
    await expect(send(part('x', head('x')) + END)).rejects.toMatchObject({ code });
  });

  it('fail when the desktop stops reading', async () => {
    desktop.answer = () => undefined;
    const block = Buffer.alloc(1024 * 1024);
    function* large(): Generator<Buffer> {
      yield Buffer.from(`--${BOUNDARY}\r\n${head('big.bin')}\r\n\r\n`);
      for (let count = 0; count < 100; count += 1) yield block;
    }
    const body = Readable.from(large(), { objectMode: false });
    await expect(send(body)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    body.destroy();
    await eventually(() => {
      expect(desktop.openStreamCount).toBe(0);
    });
  });

  it.each(['stopped', 'stopping', 'failed'] as const)('into a session that is %s say how to go on', async (state) => {
    const id = desktop.addSession(state);
    const body = Readable.from([Buffer.from('x')]);
    const request = { body, contentType: '', contentLength: 1, openFileManager: true };
    await expect(uploads.upload(id, request, new AbortController().signal)).rejects.toMatchObject({
      code: 'SESSION_WRONG_STATE',
      details: { state, hint: 'resume' },
    });
  });

  it('are refused as BUSY when the desktop has as many as it may, until one ends', async () => {
    const bodies = Array.from({ length: EXTERNAL_AGENT_LIMITS.uploadsMaxPerSession }, () => new PassThrough());
    const leave = new AbortController();
    const sendings = bodies.map((body) => send(body, { signal: leave.signal }));
    await expect(send(part('x', head('x')) + END)).rejects.toMatchObject({ code: 'BUSY' });
    leave.abort();
    await Promise.allSettled(sendings);
    expect((await send(part('x', head('x')) + END)).size).toBe(1);
  });
});
