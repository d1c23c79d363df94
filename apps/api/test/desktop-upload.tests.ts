import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import type { ApiInProcess } from './support/api-in-process.js';
import { ServedDesktop } from './support/served-desktop.js';

describe('upload over REST', () => {
  let desktop: ServedDesktop;
  let api: ApiInProcess;
  let owner: RestClient;
  let base: string;

  beforeAll(async () => {
    desktop = await ServedDesktop.start();
    ({ api, owner, base } = desktop);
  });
  beforeEach(() => {
    desktop.forgetAsked();
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.end('{}'));
    };
  });
  afterAll(async () => {
    await desktop.close();
  });

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
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.end('{"path":"/in/notes.txt","size":5,"filename":"notes.txt"}'));
    };
    expect(await post(form('hello'))).toEqual({
      status: 200,
      body: { path: '/in/notes.txt', size: 5, filename: 'notes.txt' },
    });
    expect((await post(form('hello'), '?open_file_manager=false')).status).toBe(200);
    expect(desktop.asked).toEqual(['POST /upload?open_file_manager=true', 'POST /upload?open_file_manager=false']);
    const nonsense = await post(form('hello'), '?open_file_manager=maybe');
    expect([nonsense.status, nonsense.body['code']]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('answers a caller who is still sending, and cuts one who does not stop', async () => {
    desktop.answer = (_request, response) => response.writeHead(404).end();
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
    expect([status, desktop.asked]).toEqual([413, []]);
  });

  it('refuses compressed bodies, and bodies that are no form', async () => {
    for (const [headers, status, code] of [
      [{ 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_ENCODING'],
      [{}, 400, 'INVALID_REQUEST'],
    ] as const) {
      const refused = await owner.post(`${base}/upload`, '{}', headers);
      expect([refused.status, refused.body['code']]).toEqual([status, code]);
    }
    expect(desktop.asked).toEqual([]);
  });

  it('says how to go on when the session is stopped', async () => {
    const stopped = await desktop.stoppedSession();
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
