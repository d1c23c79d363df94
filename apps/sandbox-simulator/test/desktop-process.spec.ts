import { createHash } from 'node:crypto';
import { connect } from 'node:net';

import { DesktopProcess, type ServedPicture, startDesktop } from '@helix/sandbox-simulator';

import { decodePng } from './decode-png.js';
import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';

const SESSION = 'ses_01hx0000000000000000000abc';

/** The raw bytes of an answer, up to `maxBytes`, and whether the desktop ended the connection. */
function rawAnswer(port: number, path: string, maxBytes = Infinity): Promise<{ bytes: Buffer; sizeBytes: number }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: desktop\r\n\r\n`));
    socket.on('data', (chunk) => {
      if (sizeBytes < 4096) chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve({ bytes: Buffer.concat(chunks), sizeBytes });
    });
  });
}

describe('a desktop process', () => {
  let desktop: DesktopProcess;
  let url: string;

  const setFault = (fault: object): Promise<Response> =>
    fetch(`${url}/__simulator/fault`, { method: 'POST', body: JSON.stringify(fault) });

  beforeAll(async () => {
    desktop = await startDesktop({ sessionId: SESSION });
    url = `http://127.0.0.1:${String(desktop.port)}`;
  });
  afterEach(async () => {
    expect((await setFault({ mode: 'ok' })).status).toBe(200);
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('serves its screen as a sound PNG, without an entity tag', async () => {
    const response = await fetch(`${url}/screenshot?include_cursor=false`);
    const png = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('etag')).toBeNull();
    expect(decodePng(png).width).toBe(3840);
  });

  it('shows another picture when time has passed', async () => {
    const shot = async (): Promise<Buffer> => Buffer.from(await (await fetch(`${url}/screenshot`)).arrayBuffer());
    const first = await shot();
    await eventually(async () => {
      expect((await shot()).equals(first)).toBe(false);
    });
  });

  it('serves JPEG on request and refuses a format or quality that there is not', async () => {
    const [one, same] = await Promise.all(
      [1, 2].map(async () => {
        const response = await fetch(`${url}/screenshot?format=jpeg&quality=10`);
        expect(response.headers.get('content-type')).toBe('image/jpeg');
        return Buffer.from(await response.arrayBuffer());
      }),
    );
    expect(one?.toString('hex', 0, 3)).toBe('ffd8ff');
    expect(same?.equals(one ?? Buffer.alloc(0))).toBe(true);
    for (const query of ['format=gif', 'format=jpeg&quality=0', 'format=jpeg&quality=101', 'format=jpeg&quality=x']) {
      expect((await fetch(`${url}/screenshot?${query}`)).status).toBe(400);
    }
  });

  it('tells which pictures it served, by hash', async () => {
    const body = Buffer.from(await (await fetch(`${url}/screenshot`)).arrayBuffer());
    const sha256 = createHash('sha256').update(body).digest('hex');
    const served = (await (await fetch(`${url}/__simulator/served`)).json()) as ServedPicture[];
    expect(served).toContainEqual({
      sha256,
      bytes: body.length,
      contentType: 'image/png',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
  });

  it('has an empty clipboard at first, stores what it is given, refuses invalid content', async () => {
    const empty = await fetch(`${url}/clipboard`);
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    const content = { type: 'text', data: 'Grüße "quoted"\n' };
    const stored = await fetch(`${url}/clipboard`, { method: 'POST', body: JSON.stringify(content) });
    expect([stored.status, await stored.text()]).toEqual([200, '']);
    expect(await (await fetch(`${url}/clipboard`)).json()).toEqual(content);

    const tooLong = JSON.stringify({ type: 'text', data: 'x'.repeat(1024 * 1024) });
    expect((await fetch(`${url}/clipboard`, { method: 'POST', body: tooLong })).status).toBe(413);
    for (const body of ['{', '{}', '{"type":"file","data":"x"}', '{"type":"text","data":1}']) {
      expect((await fetch(`${url}/clipboard`, { method: 'POST', body })).status).toBe(400);
    }
    expect(await (await fetch(`${url}/clipboard`)).json()).toEqual(content);
  });

  it('answers its health and knows no other paths', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('plays dead: accepts and closes without a byte', async () => {
    await setFault({ mode: 'dead' });
    expect((await rawAnswer(desktop.port ?? 0, '/screenshot')).sizeBytes).toBe(0);
  });

  it('plays a server error', async () => {
    await setFault({ mode: 'error500' });
    expect((await fetch(`${url}/screenshot`)).status).toBe(500);
  });

  it('plays garbage: answers with what is not HTTP', async () => {
    await setFault({ mode: 'garbage' });
    const { bytes } = await rawAnswer(desktop.port ?? 0, '/screenshot');
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.toString('latin1')).not.toMatch(/^HTTP/);
  });

  it('plays endless: sends far more than any picture', async () => {
    await setFault({ mode: 'endless' });
    const { bytes, sizeBytes } = await rawAnswer(desktop.port ?? 0, '/screenshot', 64 * 1024 * 1024);
    expect(bytes.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK');
    expect(sizeBytes).toBeGreaterThan(64 * 1024 * 1024);
  });

  it('plays hanging: never answers, not even by closing', async () => {
    await setFault({ mode: 'hang' });
    const failure = await fetch(`${url}/screenshot`, { signal: AbortSignal.timeout(300) }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'TimeoutError' });
  });

  it('plays slow: answers as usual after the delay', async () => {
    await setFault({ mode: 'slow', delayMs: 200 });
    const startedAt = performance.now();
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(190);
  });

  it('refuses a fault that there is not and keeps the one it had', async () => {
    await setFault({ mode: 'error500' });
    const refused = await setFault({ mode: 'tired' });
    expect([refused.status, await refused.json()]).toEqual([400, { mode: 'error500' }]);
  });
});

describe('the life of a desktop process', () => {
  it('starts with the fault that its environment names', async () => {
    const desktop = await startDesktop({ sessionId: SESSION, fault: 'error500' });
    expect((await fetch(`http://127.0.0.1:${String(desktop.port)}/screenshot`)).status).toBe(500);
    await desktop.close();
  });

  it('is gone after close, also with connections open and requests hanging', async () => {
    const desktop = await startDesktop({ sessionId: SESSION, fault: 'hang' });
    const hanging = rawAnswer(desktop.port ?? 0, '/screenshot');
    await desktop.close();
    await desktop.exited;
    await hanging;
    expect(isAlive(desktop.pid ?? 0)).toBe(false);
  });

  it('closes connections without a byte while it boots', async () => {
    const desktop = await startDesktop({ sessionId: SESSION, bootDelayMs: 0 });
    const port = desktop.port ?? 0;
    await desktop.close();
    const booting = new DesktopProcess({ sessionId: SESSION, port, bootDelayMs: 20_000 });
    await eventually(async () => {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.once('close', () => {
            resolve('closed without a byte');
          });
          socket.once('data', () => {
            resolve('answered');
          });
          socket.write('GET /health HTTP/1.1\r\nHost: desktop\r\n\r\n');
        });
        socket.once('error', (error) => {
          resolve(error.message.includes('ECONNRESET') ? 'closed without a byte' : error.message);
        });
      });
      expect(outcome).toBe('closed without a byte');
    });
    await booting.close();
    await expect(booting.ready).rejects.toThrow('ended with');
  });
});
