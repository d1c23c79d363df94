import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import { SESSION, SESSION_ROUTES } from './shapes/sessions.js';
import { ContractWorld, NO_SESSION } from './support/contract-world.js';
import { PageSocket, type SocketRefusal } from './support/page-socket.js';
import { JSON_TYPE } from './support/route-contract.js';
import { faultsOf, oneOf, type Shape } from './support/shape.js';

/** §3.5, `/api/v1/ws/user`: the whole session, at first and with each change. */
const SESSION_UPDATE: Shape = { type: oneOf('session_update'), session_id: 'session id', session: SESSION };

describe('the contract of the WebSocket /api/v1/ws/user', () => {
  let world: ContractWorld;
  let id: SessionId;
  const pages: PageSocket[] = [];

  beforeAll(async () => {
    world = await ContractWorld.start(SESSION_ROUTES);
    id = await world.session();
  });
  afterEach(() => {
    for (const page of pages.splice(0)) page.leave();
  });
  afterAll(async () => {
    await world.close();
  });

  function open(query: string, headers: Readonly<Record<string, string>> = {}): Promise<PageSocket | SocketRefusal> {
    return PageSocket.open(`${world.api.url}/api/v1/ws/user${query}`, headers);
  }

  function cookie(key: string | undefined): { readonly cookie: string } {
    return { cookie: `theme=dark; access_token=${key ?? ''}` };
  }

  async function opened(query: string, headers: Readonly<Record<string, string>>): Promise<PageSocket> {
    const page = await open(query, headers);
    if (!(page instanceof PageSocket)) throw new Error(`refused: ${JSON.stringify(page)}`);
    pages.push(page);
    return page;
  }

  it('opens by cookie alone, as pages of this site do, and by access_token and Bearer', async () => {
    const { host } = new URL(world.api.url);
    for (const [query, headers] of [
      ['', { ...cookie(world.owner.key), origin: `http://${host}` }],
      [`&access_token=${world.owner.key ?? ''}`, {}],
      ['&t=1', { authorization: `Bearer ${world.owner.key ?? ''}` }],
    ] as const) {
      const page = await opened(`?session_id=${id}${query}`, headers);
      await eventually(() => {
        expect(page.messages).toHaveLength(1);
      });
    }
  });

  it('tells the session as it is, and then each change, in the keys of GET /api/v1/sessions/{id}', async () => {
    const page = await opened(`?session_id=${id}`, cookie(world.owner.key));
    const asAdmin = await opened(`?session_id=${id}`, cookie(world.admin.key));
    const got = await world.owner.ask('GET /api/v1/sessions/{id}', { id });
    await eventually(() => {
      expect(page.messages[0]).toMatchObject({ type: 'session_update', session_id: id, session: got.body });
    });
    await world.owner.ask('PUT /api/v1/sessions/{id}', { id, body: { name: 'Renamed' } });
    await world.owner.ask('DELETE /api/v1/sessions/{id}/stop-external-agent', { id });
    await eventually(() => {
      expect(page.messages.at(-1)).toMatchObject({ session: { name: 'Renamed', app_state: 'absent' } });
      expect(asAdmin.messages.at(-1)).toMatchObject({ session: { name: 'Renamed', app_state: 'absent' } });
    });
    const all = [...page.messages, ...asAdmin.messages];
    expect(all.flatMap((message) => faultsOf(SESSION_UPDATE, message))).toEqual([]);
    expect(JSON.stringify(page.messages)).toContain('wolf_lobby_pin');
    expect(JSON.stringify(asAdmin.messages)).not.toContain('wolf_lobby_pin');
  });

  it('ends with a code of its own when the session is deleted', async () => {
    const deleted = await world.session();
    const page = await opened(`?session_id=${deleted}`, cookie(world.owner.key));
    await world.owner.ask('DELETE /api/v1/sessions/{id}', { id: deleted });
    expect(await page.closed).toBe(4404);
  });

  it('is refused before it opens, in JSON that says why', async () => {
    const own = cookie(world.owner.key);
    const refusals = [
      [`?session_id=${id}`, {}, 401, 'Unauthorized'],
      [`?session_id=${id}`, cookie('hl-unknown-key'), 401, 'Unauthorized'],
      [`?session_id=${id}`, cookie(world.other.key), 403, 'Forbidden'],
      [`?session_id=${id}`, cookie(world.runner.key), 403, 'Forbidden'],
      [`?session_id=${id}`, { ...own, origin: 'https://evil.example' }, 403, 'Forbidden'],
      ['', own, 400, 'session_id is required'],
      ['?session_id=', own, 400, 'session_id is required'],
      [`?session_id=${NO_SESSION}`, own, 404, 'Session not found'],
      ['?session_id=..%2f..', own, 404, 'Session not found'],
    ] as const;
    for (const [query, headers, status, message] of refusals) {
      const refused = await open(query, headers);
      expect([query, refused]).toEqual([query, { status, type: JSON_TYPE, message, retryAfter: undefined }]);
    }
  });

  it('is the only one there is', async () => {
    const refused = await PageSocket.open(`${world.api.url}/api/v1/ws/other`, cookie(world.owner.key));
    expect(refused).toMatchObject({ status: 404, type: JSON_TYPE, message: expect.any(String) as string });
  });
});
