import { request } from 'node:http';
import { ApiInProcess } from './support/api-in-process.js';

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

describe('routes that are not there', () => {
  let api: ApiInProcess;
  beforeAll(async () => {
    api = await ApiInProcess.start();
  });
  afterAll(async () => {
    await api.close();
  });

  /** As it stands: `fetch` would tidy the path and refuse some methods. */
  function ask(method: string, path: string): Promise<Answer> {
    const { hostname, port } = new URL(api.url);
    return new Promise((resolve, reject) => {
      const asked = request({ hostname, port, method, path }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => {
          resolve({ status: response.statusCode, type: response.headers['content-type'], body });
        });
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'LINK'])(
    'are told so for %s, in JSON and never in HTML',
    async (method) => {
      const paths = [
        '/',
        '/api',
        '/api/v1',
        '/api/v1/nothing',
        '/api/v2/sessions',
        '/index.html',
        '/api/v1/sessions/a/b/c',
      ];
      for (const path of [...paths, '//', '/api/v1/../../etc/passwd', '/api/v1/sessions%2f..', '/?x=1']) {
        const { status, type, body } = await ask(method, path);
        expect([path, status, type]).toEqual([path, 404, 'application/json; charset=utf-8']);
        if (method === 'HEAD') continue;
        expect(JSON.parse(body)).toEqual({
          code: 'NOT_FOUND',
          message: 'no such route',
          requestId: expect.any(String) as string,
        });
      }
    },
  );

  it('are those of another method, too', async () => {
    const wrong = [
      ['POST', '/healthz'],
      ['OPTIONS', '/api/v1/sessions'],
      ['PUT', '/api/v1/sessions'],
      ['PATCH', '/api/v1/api_keys'],
      ['DELETE', '/api/v1/config'],
      ['PUT', '/api/v1/external-agents/ses_01kata7wrce3cd5j3hg5ttvjw6/clipboard'],
      ['TRACE', '/api/v1/status'],
    ] as const;
    for (const [method, path] of wrong) {
      const { status, body } = await ask(method, path);
      expect([method, path, status, (JSON.parse(body) as { code: string }).code]).toEqual([
        method,
        path,
        404,
        'NOT_FOUND',
      ]);
    }
  });

  it('are not told apart from a path that is no text', async () => {
    const { status, type } = await ask('GET', '/api/v1/sessions/%ff');
    expect([status, type]).toEqual([400, 'application/json; charset=utf-8']);
  });
});
