import { EXTERNAL_AGENT_LIMITS, type SessionId } from '@helix/external-agent';
import { SHARE_ROUTES } from './shapes/shares.js';
import { Caller } from './support/caller.js';
import { ContractWorld } from './support/contract-world.js';

const ACCESS = 'GET /api/v1/sessions/{id}/access';
const SHARE = 'POST /api/v1/sessions/{id}/shares';
const LIST = 'GET /api/v1/sessions/{id}/shares';
const REVOKE = 'DELETE /api/v1/sessions/{id}/shares/{shareId}';

describe('the contract of sharing a session', () => {
  let world: ContractWorld;
  let id: SessionId;

  beforeAll(async () => {
    world = await ContractWorld.start(SHARE_ROUTES);
    id = await world.session({ name: 'Shown' });
  });
  afterAll(async () => {
    await world.close();
  });

  const share = (body: object): ReturnType<Caller['ask']> => world.owner.ask(SHARE, { id, body });
  const holderOf = (token: unknown): Caller => new Caller(world.api.url, world.run, String(token));

  it('tells strangers apart from what is not there', async () => {
    await world.refuseStrangers(id);
  });

  it('makes a link, which says itself what it opens, in each form of bringing a token', async () => {
    const made = await share({ role: 'view', label: 'review' });
    expect(made.body).toMatchObject({ role: 'view', user_id: null, label: 'review', created_by: 'owner' });
    expect(made.body['note']).toMatch(/could still send input/);
    const token = String(made.body['token']);
    expect(token).toMatch(/^hs-[A-Za-z0-9_-]{43}$/);
    expect(String(made.body['url'])).toMatch(new RegExp(`^http.*/console/sessions/${id}#share=${token}$`));
    for (const form of ['bearer', 'cookie', 'query'] as const) {
      expect((await holderOf(token).by(form).ask(ACCESS, { id })).body).toMatchObject({
        session_id: id,
        name: 'Shown',
        state: 'running',
        role: 'view',
        via: 'share',
        expires_at: made.body['expires_at'],
      });
    }
    for (const [route, body] of [[SHARE, { role: 'view' }], [LIST], [REVOKE]] as const) {
      expect((await holderOf(token).ask(route, { id, shareId: String(made.body['id']), body })).status).toBe(403);
    }
  });

  it('makes a grant without a token, and tells owner and admin who they are', async () => {
    const made = await share({ role: 'control', user_id: 'other', expires_in_s: 60, label: null });
    expect(made.body).toMatchObject({ role: 'control', user_id: 'other', label: '' });
    expect(made.body).not.toHaveProperty('token');
    expect(made.body).not.toHaveProperty('note');
    expect((await world.other.ask(ACCESS, { id })).body).toMatchObject({ role: 'control', via: 'share' });
    expect((await world.owner.ask(ACCESS, { id })).body).toMatchObject({ via: 'owner', expires_at: null });
    expect((await world.admin.ask(ACCESS, { id })).body).toMatchObject({ via: 'admin', role: 'control' });
    const listed = await world.owner.ask(LIST, { id });
    expect(listed.bytes.toString()).toContain(String(made.body['id']));
    expect(listed.bytes.toString()).not.toContain('hs-');
    for (const times of ['once', 'twice']) {
      const { status } = await world.owner.ask(REVOKE, { id, shareId: String(made.body['id']) });
      expect([times, status]).toEqual([times, 204]);
    }
    expect((await world.other.ask(ACCESS, { id })).status).toBe(403);
    expect((await world.owner.ask(REVOKE, { id, shareId: 'shr_1' })).body['code']).toBe('NOT_FOUND');
  });

  it.each<object | string>([
    {},
    { role: 'owner' },
    { role: 'view', user_id: '' },
    { role: 'view', user_id: '../x' },
    { role: 'view', user_id: 'owner' },
    { role: 'view', label: 'x'.repeat(101) },
    { role: 'view', label: 'two\nlines' },
    { role: 'view', label: 7 },
    { role: 'view', expires_in_s: 0 },
    { role: 'view', expires_in_s: 1.5 },
    { role: 'view', expires_in_s: '60' },
    { role: 'view', expires_in_s: 30 * 24 * 3_600 + 1 },
    '{',
    '[]',
  ])('refuses %j', async (body) => {
    expect((await world.owner.ask(SHARE, { id, body })).body['code']).toBe('INVALID_REQUEST');
  });

  it('refuses one too many', async () => {
    const crowded = await world.session();
    const make = (): ReturnType<Caller['ask']> => world.owner.ask(SHARE, { id: crowded, body: { role: 'view' } });
    for (let made = 0; made < EXTERNAL_AGENT_LIMITS.sharesMaxPerSession; made += 1) await make();
    expect((await make()).body['code']).toBe('TOO_MANY_SHARES');
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
