import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';

import { type DesktopProcess, startDesktop } from '@helix/sandbox-simulator';

import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';

const SESSION = 'ses_01hx0000000000000000000abc';

interface Receipt {
  readonly path: string;
  readonly size: number;
  readonly filename: string;
}

interface LogLine {
  readonly t: string;
  readonly stream: string;
  readonly line: string;
}

describe('the services of a desktop process', () => {
  let desktop: DesktopProcess;
  let url: string;

  const upload = (bytes: Buffer, name: string, query = ''): Promise<Response> => {
    const form = new FormData();
    form.set('file', new File([new Uint8Array(bytes)], name));
    return fetch(`${url}/upload${query}`, { method: 'POST', body: form });
  };
  const exec = (body: object): Promise<Response> =>
    fetch(`${url}/exec`, { method: 'POST', body: JSON.stringify(body) });
  const logLines = async (query: string): Promise<LogLine[]> =>
    (await (await fetch(`${url}/logs${query}`)).text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);

  beforeAll(async () => {
    desktop = await startDesktop({ sessionId: SESSION });
    url = `http://127.0.0.1:${String(desktop.port)}`;
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('keeps files under their names, numbered when taken, and tells their hashes', async () => {
    const bytes = randomBytes(1_000_000);
    const first = (await (await upload(bytes, 'notes.txt', '?open_file_manager=false')).json()) as Receipt;
    const second = (await (await upload(Buffer.from('other'), 'notes.txt')).json()) as Receipt;
    expect([first.filename, first.size, second.filename]).toEqual(['notes.txt', 1_000_000, 'notes-1.txt']);
    expect(first.path).toMatch(/\/incoming\/notes\.txt$/);
    expect((await readFile(first.path)).equals(bytes)).toBe(true);
    const listed: unknown = await (await fetch(`${url}/__simulator/uploads`)).json();
    expect(listed).toEqual([
      {
        ...first,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        openFileManager: false,
      },
      { ...second, sha256: createHash('sha256').update('other').digest('hex'), openFileManager: true },
    ]);
  });

  it('keeps nothing of a file that breaks off, and refuses what is no file', async () => {
    const before = (await (await fetch(`${url}/__simulator/uploads`)).json()) as unknown[];
    const whole = (await (await upload(Buffer.from('x'), 'whole.bin')).json()) as Receipt;
    const socket = connect(desktop.port ?? 0, '127.0.0.1');
    socket.write(
      'POST /upload HTTP/1.1\r\nHost: desktop\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n' +
        `\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="half.bin"\r\n\r\n${'x'.repeat(100_000)}`,
    );
    const half = `${dirname(whole.path)}/half.bin`;
    await eventually(async () => {
      expect((await stat(half)).size).toBeGreaterThan(0);
    });
    socket.destroy();
    await eventually(async () => {
      await expect(stat(half)).rejects.toMatchObject({ code: 'ENOENT' });
    });
    expect((await fetch(`${url}/upload`, { method: 'POST', body: 'x' })).status).toBe(400);
    expect((await upload(Buffer.from('x'), '..')).status).toBe(400);
    const after = (await (await fetch(`${url}/__simulator/uploads`)).json()) as unknown[];
    expect(after).toHaveLength(before.length + 1);
  });

  it('runs programs of a short list, with the variables given and none of its own', async () => {
    const answer = await (await exec({ command: ['echo', '$HOME', 'a b'] })).json();
    expect(answer).toEqual({ success: true, exit_code: 0, output: '$HOME a b\n' });
    const variables: unknown = await (await exec({ command: ['printenv'], env: { A: 'b' } })).json();
    expect(variables).toMatchObject({ output: 'PATH=/usr/bin:/bin\nA=b\n' });
    expect(await (await exec({ command: ['false'] })).json()).toMatchObject({ success: false, exit_code: 1 });
    for (const program of ['sh', 'cat', '/bin/echo', '../echo', 'env', '']) {
      expect([program, (await exec({ command: [program, 'x'] })).status]).toEqual([program, 403]);
    }
    for (const body of [{}, { command: 'echo' }, { command: [1] }, { command: ['echo'], env: { LD_PRELOAD: 'x' } }]) {
      expect((await exec(body)).status).toBe(400);
    }
  });

  it('kills a program that takes too long, and tells the pid of one in the background', async () => {
    const startedAt = performance.now();
    expect(await (await exec({ command: ['sleep', '60'], timeout: 0.2 })).json()).toMatchObject({
      success: false,
      exit_code: -1,
      error: 'the command took too long',
    });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const started = (await (await exec({ command: ['sleep', '60'], background: true, timeout: 0.5 })).json()) as {
      pid: number;
    };
    expect(started).toMatchObject({ success: true, exit_code: 0 });
    await eventually(() => {
      expect(isAlive(started.pid)).toBe(false);
    });
  });

  it('shows its own log, its last lines or all that follow', async () => {
    await fetch(`${url}/health`);
    const lines = await logLines('?tail=1');
    expect(lines).toEqual([
      { t: expect.stringMatching(/^\d{4}-/) as string, stream: 'stdout', line: 'GET /health 200' },
    ]);
    expect((await logLines('')).map(({ line }) => line)[0]).toContain('"msg":"ready"');
    expect(await logLines('?tail=0')).toEqual([]);
    expect((await fetch(`${url}/logs?tail=x`)).status).toBe(400);

    const leave = new AbortController();
    const following = await fetch(`${url}/logs?tail=0&follow=true`, { signal: leave.signal });
    const reader = following.body?.getReader();
    await fetch(`${url}/nowhere`);
    const piece = await reader?.read();
    expect(Buffer.from(piece?.value ?? []).toString()).toContain('"line":"GET /nowhere 404"');
    leave.abort();
  });

  it('tells how it is', async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      status: 'ok',
      pid: desktop.pid,
      uptime_s: expect.any(Number) as number,
      display: ':1',
    });
  });

  it('plays an old image, which has none of it', async () => {
    const setFault = (mode: string): Promise<Response> =>
      fetch(`${url}/__simulator/fault`, { method: 'POST', body: JSON.stringify({ mode }) });
    await setFault('old');
    expect((await upload(Buffer.from('x'), 'x')).status).toBe(404);
    expect((await exec({ command: ['echo'] })).status).toBe(404);
    expect((await fetch(`${url}/logs`)).status).toBe(404);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${url}/screenshot`)).status).toBe(200);
    await setFault('ok');
  });

  it.each(['closed', 'killed'] as const)('leaves no files behind when it is %s', async (end) => {
    const other = await startDesktop({ sessionId: SESSION });
    const form = new FormData();
    form.set('file', new File(['x'], 'x'));
    const stored = await fetch(`http://127.0.0.1:${String(other.port)}/upload`, { method: 'POST', body: form });
    const { path } = (await stored.json()) as Receipt;
    await stat(path);
    if (end === 'closed') await other.close();
    else process.kill(other.pid ?? 0, 'SIGKILL');
    await other.exited;
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
