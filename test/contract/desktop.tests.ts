import { createSessionId, type SessionId } from '@helix/external-agent';
import type { ScriptedService } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import { CLIPBOARD, DESKTOP_ROUTES } from './shapes/desktop.js';
import { ContractWorld } from './support/contract-world.js';
import { faultsOf } from './support/shape.js';

const SCREENSHOT = 'GET /api/v1/external-agents/{id}/screenshot';
const READ = 'GET /api/v1/external-agents/{id}/clipboard';
const WRITE = 'POST /api/v1/external-agents/{id}/clipboard';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const JPEG = Buffer.from('ffd8ffe0', 'hex');
const TEXT = { type: 'text', data: 'pasted' };

describe('the contract of a desktop', () => {
  let world: ContractWorld;
  let id: SessionId;
  let desktop: ScriptedService;

  beforeAll(async () => {
    world = await ContractWorld.start(DESKTOP_ROUTES);
    id = await world.session();
    desktop = await world.desktop(id);
  });
  beforeEach(() => {
    desktop.asked.length = 0;
    desktop.answers(200, 'image/png', PNG);
  });
  afterAll(async () => {
    await world.close();
  });

  /** Asks for everything that goes through the tunnel at once. */
  async function askAll(sessionId: string): Promise<readonly string[]> {
    const answers = await Promise.all([
      world.owner.ask(SCREENSHOT, { id: sessionId }),
      world.owner.ask(READ, { id: sessionId }),
      world.owner.ask(WRITE, { id: sessionId, body: TEXT }),
    ]);
    return answers.map(({ status, body }) => `${String(status)} ${String(body['code'])}`);
  }

  async function stopped(
    sessionId: SessionId,
    action = 'stop-external-agent',
    method = 'DELETE',
    status = 200,
  ): Promise<void> {
    const headers = { authorization: `Bearer ${world.owner.key ?? ''}` };
    const answer = await fetch(`${world.api.url}/api/v1/sessions/${sessionId}/${action}`, { method, headers });
    expect(answer.status).toBe(status);
  }

  it('tells strangers apart from what is not there', async () => {
    await world.refuseStrangers(id);
  });

  describe('whose service cannot answer', () => {
    it('is on its way with 503, and never 404, while its container is made', async () => {
      const booting = createSessionId();
      world.host.wolf.faults.createDelayMs = 3_000;
      const made = world.session({ session_id: booting });
      const askOf = async (route: string, body?: unknown): Promise<unknown> => {
        const answer = await world.owner.ask(route, { id: booting, body });
        return answer.body['code'];
      };
      await eventually(async () => {
        expect(await askOf(SCREENSHOT)).toBe('DESKTOP_STARTING');
      });
      expect([await askOf(READ), await askOf(WRITE, TEXT)]).toEqual(['DESKTOP_STARTING', 'DESKTOP_STARTING']);
      world.host.wolf.faults.createDelayMs = 0;
      await made;
    });

    it('is away with 503, and never 404, while it holds no link', async () => {
      const linkless = await world.session();
      expect(new Set(await askAll(linkless))).toEqual(new Set(['503 RUNNER_NOT_CONNECTED']));
    });

    it('is not there with 404 once it is stopped', async () => {
      const ended = await world.session();
      await stopped(ended);
      const none = '404 NO_DESKTOP';
      expect(await askAll(ended)).toEqual([none, none, none]);
    });

    it('is down with 502, and too slow with 504', async () => {
      desktop.answer = (request) => request.socket.destroy();
      for (const [route, body] of [[SCREENSHOT], [READ], [WRITE, TEXT]] as const) {
        expect((await world.owner.ask(route, { id, body })).body['code']).toBe('SERVICE_DOWN');
      }
      desktop.answer = () => undefined;
      const slow = [world.owner.ask(SCREENSHOT, { id }), world.owner.ask(READ, { id })];
      for (const answer of await Promise.all([...slow, world.owner.ask(WRITE, { id, body: TEXT })])) {
        expect(answer.body['code']).toBe('UPSTREAM_TIMEOUT');
      }
    });

    it('has failed with 502 when it says so, or says what cannot be', async () => {
      desktop.answers(500, 'text/plain', 'Failed to capture');
      expect(new Set(await askAll(id))).toEqual(new Set(['502 DESKTOP_ERROR']));
      desktop.answers(200, 'text/html', '<script>alert(1)</script>');
      for (const route of [SCREENSHOT, READ]) {
        expect((await world.owner.ask(route, { id })).body['code']).toBe('DESKTOP_INVALID_ANSWER');
      }
    });
  });

  describe('its picture', () => {
    it('has the type that it is of, and passes wishes on', async () => {
      const picture = await world.owner.ask(SCREENSHOT, {
        id,
        query: { t: '1764000000000', unknown: 'x', format: '', quality: '' },
      });
      expect([picture.headers.get('content-type'), picture.bytes]).toEqual(['image/png', PNG]);
      expect(picture.headers.get('content-length')).toBe(String(PNG.length));
      expect(picture.headers.get('x-paused-screenshot')).toBeNull();
      desktop.answers(200, 'image/jpeg', JPEG);
      const wishes = { format: 'jpeg', quality: '40', include_cursor: 'false', t: '2' };
      const asked = await world.owner.ask(SCREENSHOT, { id, query: wishes });
      expect(asked.headers.get('content-type')).toBe('image/jpeg');
      expect(desktop.asked.map(({ what }) => what)).toEqual([
        'GET /screenshot',
        'GET /screenshot?format=jpeg&quality=40&include_cursor=false',
      ]);
      for (const query of [{ format: 'gif' }, { quality: '0' }, { quality: '101' }, { include_cursor: 'maybe' }]) {
        expect((await world.owner.ask(SCREENSHOT, { id, query })).status).toBe(400);
      }
    });

    it('is not sent again to who has it', async () => {
      const first = await world.owner.ask(SCREENSHOT, { id });
      const etag = first.headers.get('etag') ?? '';
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const headers = { 'if-none-match': known };
        const again = await world.owner.ask(SCREENSHOT, { id, headers });
        expect([known, again.status, again.headers.get('etag')]).toEqual([known, 304, etag]);
      }
      desktop.answers(200, 'image/png', Buffer.from('another'));
      expect((await world.owner.ask(SCREENSHOT, { id, headers: { 'if-none-match': etag } })).status).toBe(200);
    });

    it('opens by cookie alone with the header of a picture, and by access_token', async () => {
      const headers = { 'content-type': 'image/png' };
      expect((await world.owner.by('cookie').ask(SCREENSHOT, { id, headers })).status).toBe(200);
      expect((await world.owner.by('query').ask(SCREENSHOT, { id, query: { t: '1' } })).status).toBe(200);
      expect((await world.other.by('cookie').ask(SCREENSHOT, { id })).status).toBe(403);
    });

    it('is the last one of a stopped desktop, and the present one after a resume', async () => {
      const paused = await world.session();
      const old = await world.desktop(paused);
      old.answers(200, 'image/png', Buffer.from('the last one'));
      await stopped(paused);
      await world.stopDesktop(paused);
      const headers = { 'if-none-match': '"known"' };
      const last = await world.owner.by('cookie').ask(SCREENSHOT, { id: paused, query: { t: '1' }, headers });
      expect([last.status, last.bytes.toString()]).toEqual([200, 'the last one']);
      expect(last.headers.get('x-paused-screenshot')).toBe('true');
      expect(last.headers.get('etag')).toBeNull();
      await stopped(paused, 'resume', 'POST');
      const resumed = await world.desktop(paused);
      resumed.answers(200, 'image/png', Buffer.from('a new one'));
      const present = await world.owner.ask(SCREENSHOT, { id: paused });
      expect([present.bytes.toString(), present.headers.get('x-paused-screenshot')]).toEqual(['a new one', null]);
    });

    it('is the last one already while the host cannot stop the desktop', async () => {
      const pausing = await world.session();
      const old = await world.desktop(pausing);
      old.answers(200, 'image/png', Buffer.from('the last one'));
      world.host.wolf.faults.answer = { kind: 'empty-unhandled' };
      await stopped(pausing, 'stop-external-agent', 'DELETE', 202);
      const last = await world.owner.ask(SCREENSHOT, { id: pausing });
      world.host.wolf.faults.answer = undefined;
      expect([last.bytes.toString(), last.headers.get('x-paused-screenshot')]).toEqual(['the last one', 'true']);
    });
  });

  describe('its clipboard', () => {
    it.each([TEXT, { type: 'image', data: PNG.toString('base64') }])('is read as it is: %j', async (content) => {
      desktop.answers(200, 'application/json', JSON.stringify(content));
      const { body } = await world.owner.ask(READ, { id, query: { t: '1' } });
      expect([faultsOf(CLIPBOARD, body), body]).toEqual([[], content]);
    });

    it('is no byte of JSON while it is empty', async () => {
      desktop.answers(200, 'text/plain', '');
      const { status, bytes, headers } = await world.owner.ask(READ, { id });
      expect([status, bytes.length, headers.get('content-length')]).toEqual([200, 0, '0']);
    });

    it('is written with what was pasted, and answered without a body', async () => {
      desktop.answers(200, 'text/plain', '');
      await world.owner.ask(WRITE, { id, body: TEXT });
      expect(desktop.asked).toMatchObject([{ what: 'POST /clipboard', body: JSON.stringify(TEXT) }]);
    });

    it('takes a picture of 10 MB, and no more than 20', async () => {
      desktop.answers(200, 'text/plain', '');
      const image = (size: number): object => ({ type: 'image', data: 'A'.repeat(size) });
      expect((await world.owner.ask(WRITE, { id, body: image(10_000_000) })).status).toBe(200);
      expect((await world.owner.ask(WRITE, { id, body: image(22_000_000) })).status).toBe(413);
    });

    it.each(['', '{', '{"type":"html","data":"x"}', '{"type":"text"}', '[]'])('refuses %j', async (body) => {
      expect((await world.owner.ask(WRITE, { id, body })).body['code']).toBe('INVALID_REQUEST');
      expect(desktop.asked).toEqual([]);
    });
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
