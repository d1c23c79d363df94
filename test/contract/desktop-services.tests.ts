import type { SessionId } from '@helix/external-agent';
import type { ScriptedService } from '@helix/revdial/testing';
import { DESKTOP_SERVICE_ROUTES } from './shapes/desktop-services.js';
import { ContractWorld } from './support/contract-world.js';

const UPLOAD = 'POST /api/v1/external-agents/{id}/upload';
const EXEC = 'POST /api/v1/external-agents/{id}/exec';
const LOGS = 'GET /api/v1/external-agents/{id}/logs';

const COMMAND = { command: ['ls'] };

describe('the contract of files, commands and logs of a desktop', () => {
  let world: ContractWorld;
  let id: SessionId;
  let desktop: ScriptedService;

  beforeAll(async () => {
    world = await ContractWorld.start(DESKTOP_SERVICE_ROUTES);
    id = await world.session();
    desktop = await world.desktop(id);
  });
  beforeEach(() => {
    desktop.asked.length = 0;
  });
  afterAll(async () => {
    await world.close();
  });

  async function askAll(sessionId: string): Promise<readonly string[]> {
    const answers = await Promise.all([
      world.owner.ask(UPLOAD, { id: sessionId, body: file() }),
      world.owner.ask(EXEC, { id: sessionId, body: COMMAND }),
      world.owner.ask(LOGS, { id: sessionId }),
    ]);
    return answers.map(({ status, body }) => `${String(status)} ${String(body['code'])}`);
  }

  it('tells strangers apart from what is not there', async () => {
    await world.refuseStrangers(id);
  });

  it('is away with 503, and never 404, while the desktop holds no link', async () => {
    expect(new Set(await askAll(await world.session()))).toEqual(new Set(['503 RUNNER_NOT_CONNECTED']));
  });

  it('is away once the desktop is stopped; an upload is told how to go on', async () => {
    const stopped = await world.session();
    const headers = { authorization: `Bearer ${world.owner.key ?? ''}` };
    const stop = `${world.api.url}/api/v1/sessions/${stopped}/stop-external-agent`;
    expect((await fetch(stop, { method: 'DELETE', headers })).status).toBe(200);
    expect(await askAll(stopped)).toEqual(['409 SESSION_WRONG_STATE', '404 NO_DESKTOP', '404 NO_DESKTOP']);
  });

  it('502 when the desktop fails, 501 when its image is too old', async () => {
    desktop.answers(500, 'text/plain', 'no space left on device');
    expect(new Set(await askAll(id))).toEqual(new Set(['502 DESKTOP_ERROR']));
    desktop.answers(404, 'text/plain', '404 page not found');
    expect(new Set(await askAll(id))).toEqual(new Set(['501 DESKTOP_UNSUPPORTED']));
  });

  it('takes a file, and says where it lies', async () => {
    const placed = { path: '/home/retro/work/incoming/notes.txt', size: 5, filename: 'notes.txt' };
    desktop.answers(200, 'application/json', JSON.stringify(placed));
    const { body } = await world.owner.ask(UPLOAD, { id, body: file(), query: { open_file_manager: 'false' } });
    expect(body).toEqual(placed);
    expect(desktop.asked[0]?.body).toContain('hello');
    const nonsense = { open_file_manager: 'maybe' };
    expect((await world.owner.ask(UPLOAD, { id, body: file(), query: nonsense })).status).toBe(400);
    expect((await world.owner.ask(UPLOAD, { id, body: '{}' })).status).toBe(400);
    desktop.answers(413, 'text/plain', '');
    expect((await world.owner.ask(UPLOAD, { id, body: file() })).status).toBe(413);
  });

  it('runs a command', async () => {
    desktop.answers(200, 'application/json', '{"success":false,"output":"out","error":"err","exit_code":2,"pid":7}');
    const { body } = await world.owner.ask(EXEC, {
      id,
      body: { ...COMMAND, background: false, timeout: 5, env: {} },
    });
    expect(body).toMatchObject({ success: false, output: 'out', error: 'err', exit_code: 2, pid: 7 });
    expect((await world.owner.ask(EXEC, { id, body: { command: 'ls' } })).status).toBe(400);
    desktop.answers(403, 'text/plain', 'command not allowed');
    expect((await world.owner.ask(EXEC, { id, body: COMMAND })).body['code']).toBe('EXEC_FORBIDDEN');
  });

  it('reads the log, and follows it as lines and as events', async () => {
    desktop.answers(200, 'text/plain', 'one\ntwo\n');
    expect((await world.owner.ask(LOGS, { id, query: { lines: '2' } })).body).toMatchObject({
      session_id: id,
      lines: 2,
      logs: ['one', 'two'],
    });
    expect((await world.owner.ask(LOGS, { id, query: { lines: 'x' } })).status).toBe(400);
    desktop.answer = (_request, response) => response.write('one\n');
    const follow = { id, query: { follow: 'true' } };
    const isLine = (text: string): boolean => text.includes('"line":"one"');
    expect(JSON.parse(await world.owner.listen(LOGS, follow, isLine))).toMatchObject({ line: 'one' });
    const headers = { accept: 'text/event-stream' };
    expect(await world.owner.listen(LOGS, { ...follow, headers }, isLine)).toMatch(/^data: \{.*\}\n\n$/);
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});

function file(): FormData {
  const form = new FormData();
  form.set('file', new File(['hello'], 'notes.txt'));
  return form;
}
