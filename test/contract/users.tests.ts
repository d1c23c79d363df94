import { TcpRelay } from '../../apps/api/test/support/tcp-relay.js';
import { eventually } from '@helix/pacing/testing';
import { USER_ROUTES } from './shapes/users.js';
import { Caller } from './support/caller.js';
import { ContractWorld } from './support/contract-world.js';

const AUTHENTICATED = 'GET /api/v1/auth/authenticated';
const USER = 'GET /api/v1/auth/user';
const STATUS = 'GET /api/v1/status';
const CONFIG = 'GET /api/v1/config';
const KEYS = 'GET /api/v1/api_keys';
const MAKE_KEY = 'POST /api/v1/api_keys';
const REVOKE = 'DELETE /api/v1/api_keys/{id}';
const READY = 'GET /readyz';

describe('the contract of users, settings and probes', () => {
  let world: ContractWorld;
  let relay: TcpRelay;
  let unseen: Caller;

  beforeAll(async () => {
    world = await ContractWorld.start(USER_ROUTES, async (databaseUrl) => {
      const relayed = await TcpRelay.before(databaseUrl);
      relay = relayed.relay;
      return relayed.url;
    });
    unseen = new Caller(world.api.url, world.run, await world.api.userKey('unseen'));
  });
  afterAll(async () => {
    relay.mode = 'open';
    await world.close();
    await relay.close();
  });

  it('tells strangers apart', async () => {
    await world.refuseStrangers();
  });

  it('tells a page whether it is logged in, and never by an error', async () => {
    const isIn = async (caller: Caller): Promise<unknown> => (await caller.ask(AUTHENTICATED)).body['authenticated'];
    expect(await isIn(world.owner.by('cookie'))).toBe(true);
    expect(await isIn(world.stranger)).toBe(false);
    expect(await isIn(new Caller(world.api.url, world.run, 'hl-unknown-key', 'cookie'))).toBe(false);
    expect(await isIn(world.runner)).toBe(false);
  });

  it('tells a page its user, with the token of its cookie, and whether an admin', async () => {
    const { body } = await world.owner.by('cookie').ask(USER);
    expect(body).toEqual({ id: 'owner', email: '', token: world.owner.key, name: 'owner' });
    expect((await world.owner.ask(STATUS)).body).toEqual({ admin: false, user: 'owner', slug: 'owner', config: {} });
    expect((await world.admin.by('query').ask(STATUS)).body).toMatchObject({ admin: true, user: 'root' });
  });

  it('takes a token without Bearer, and the next one where the header is empty', async () => {
    const headers = { authorization: world.owner.key ?? '' };
    expect((await world.stranger.ask(STATUS, { headers })).body['user']).toBe('owner');
    const both = { authorization: 'Bearer ', cookie: `access_token=${world.owner.key ?? ''}` };
    expect((await world.stranger.ask(STATUS, { headers: both })).body['user']).toBe('owner');
    for (const wrong of ['Bearer hl-unknown-key', 'Basic eDp5', 'nonsense']) {
      expect((await world.stranger.ask(STATUS, { headers: { authorization: wrong } })).status).toBe(401);
    }
  });

  it('gives settings to all callers', async () => {
    expect((await world.stranger.ask(CONFIG, { query: { t: '1' } })).body).toMatchObject({
      moonlight_web_mode: 'single',
      streaming_bitrate_mbps: 40,
    });
  });

  it('is open to probes, and its numbers to admins', async () => {
    await world.stranger.ask('GET /healthz');
    await world.stranger.ask(READY);
    expect((await world.admin.ask('GET /metrics')).bytes.toString()).toMatch(/^# HELP /m);
    const { body } = await world.stranger.ask('GET /api/v1/openapi.json');
    expect(body['openapi']).toMatch(/^3\./);
  });

  it('lets users manage their own keys, and no others', async () => {
    const made = (await world.owner.ask(MAKE_KEY, { body: { name: 'laptop', expires_in_seconds: 3_600 } })).body;
    const { key, ...about } = made;
    expect(made).toMatchObject({ user_id: 'owner', name: 'laptop', admin: false });
    expect(await new Caller(world.api.url, world.run, String(key)).ask(STATUS)).toMatchObject({ status: 200 });
    expect((await world.owner.ask(KEYS)).body).toContainEqual(
      expect.objectContaining({ id: about['id'], hint: about['hint'] }),
    );
    expect((await world.other.ask(REVOKE, { id: String(about['id']) })).status).toBe(404);
    await world.owner.ask(REVOKE, { id: String(about['id']) });
    expect((await new Caller(world.api.url, world.run, String(key)).ask(STATUS)).status).toBe(401);
    for (const body of [{ name: '' }, { expires_in_seconds: 0 }, { expires_at: '2001-01-01T00:00:00Z' }, '[']) {
      expect((await world.owner.ask(MAKE_KEY, { body })).status).toBe(400);
    }
    // A few at once: more would be told that the database is busy.
    const statuses: number[] = [];
    const make = async (): Promise<void> => {
      while (statuses.length < 101) statuses.push((await world.other.ask(MAKE_KEY, { body: {} })).status);
    };
    await Promise.all([make(), make(), make(), make()]);
    expect(statuses).toContain(409);
  });

  it('keeps the login of a caller whom it cannot identify now', async () => {
    relay.mode = 'cut';
    const { status, body } = await unseen.by('cookie').ask(STATUS);
    expect([status, body['message']]).toEqual([503, 'Authentication service temporarily unavailable']);
    await eventually(async () => {
      expect((await world.stranger.ask(READY)).status).toBe(503);
    });
    relay.mode = 'open';
    await eventually(async () => {
      expect((await unseen.ask(STATUS)).status).toBe(200);
    });
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
