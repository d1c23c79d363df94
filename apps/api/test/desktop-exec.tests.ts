import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { ServedDesktop } from './support/served-desktop.js';

describe('exec over REST', () => {
  let desktop: ServedDesktop;
  let owner: RestClient;
  let base: string;

  beforeAll(async () => {
    desktop = await ServedDesktop.start();
    ({ owner, base } = desktop);
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

  it('runs what is desktop.asked and answers in the keys of Helix', async () => {
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.end('{"success":false,"exit_code":1,"error":"no","pid":4}'));
    };
    const ran = await owner.post(`${base}/exec`, { command: ['ls'], background: null, env: { A: 'b' }, timeout: 5 });
    expect([ran.status, ran.body]).toEqual([
      200,
      { success: false, exit_code: 1, error: 'no', pid: 4, truncated: false },
    ]);
    desktop.answer = (request, response) => {
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
    expect([refused.status, refused.body['code'], desktop.asked]).toEqual([400, 'INVALID_REQUEST', []]);
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
