import { createHmac } from 'node:crypto';
import { eventually } from '@helix/pacing/testing';
import type { RestAnswer } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { AUDIENCE, OidcProvider } from './support/oidc-provider.js';

const now = (): number => Math.floor(Date.now() / 1_000);
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const AWAY = [503, 'AUTHENTICATION_AWAY', 'Authentication service temporarily unavailable'];

describe('users of an OIDC provider', () => {
  let provider: OidcProvider;
  let api: ApiInProcess;

  beforeEach(async () => {
    provider = await OidcProvider.start();
  });
  afterEach(async () => {
    await api.close();
    await provider.close();
  });

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    api = await ApiInProcess.start({ OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: AUDIENCE, ...settings });
  }
  const status = (token: string): Promise<RestAnswer> => api.as(token).get('/api/v1/status');
  const said = ({ status: code, body }: RestAnswer): unknown[] => [code, body['code'], body['message']];

  it('are users by token in header, cookie or query, and own what they make', async () => {
    await start();
    const token = await provider.token({ email: 'ann@example.com', name: 'Ann' });
    expect((await status(token)).body).toEqual({ admin: false, user: 'ann', slug: 'ann', config: {} });
    const anonymous = api.as(undefined);
    const cookie = { cookie: `access_token=${token}` };
    expect((await anonymous.get('/api/v1/auth/user', cookie)).body).toEqual({
      id: 'ann',
      email: 'ann@example.com',
      token,
      name: 'Ann',
    });
    expect((await anonymous.get(`/api/v1/status?access_token=${token}`)).status).toBe(200);
    expect((await anonymous.get('/api/v1/auth/authenticated', cookie)).body).toEqual({ authenticated: true });
    expect((await anonymous.get('/api/v1/auth/authenticated')).body).toEqual({ authenticated: false });
    expect((await api.as('nonsense').get('/api/v1/auth/authenticated')).body).toEqual({ authenticated: false });
    // The cookie of a browser changes nothing from the page of another site.
    const abroad = await anonymous.send('POST', '/api/v1/api_keys', {}, { ...cookie, origin: 'https://evil.example' });
    expect(abroad.status).toBe(403);
    const id = await api.runningSession('ann');
    expect((await api.as(token).get(`/api/v1/sessions/${id}`)).status).toBe(200);
    const bob = await provider.token({ sub: 'bob' });
    expect((await api.as(bob).get(`/api/v1/sessions/${id}`)).status).toBe(403);
    // One look at the provider was enough for all of them.
    expect(provider.asked).toEqual(['/realms/helix/.well-known/openid-configuration', '/realms/helix/keys']);
  });

  it('are refused with a token that is not theirs, not for us, or not for now', async () => {
    await start();
    expect((await status(await provider.token())).status).toBe(200);
    const good = await provider.token();
    const [head = '', payload = '', signature = ''] = good.split('.');
    const symmetric = `${base64url({ alg: 'HS256', kid: 'first' })}.${payload}`;
    const refused = {
      'another issuer': await provider.token({ iss: 'https://evil.example' }),
      'another audience': await provider.token({ aud: ['account', 'other'] }),
      'no audience': await provider.token({ aud: undefined }),
      expired: await provider.token({ exp: now() - 60 }),
      'without an end': await provider.token({ exp: undefined }),
      'not yet valid': await provider.token({ nbf: now() + 600 }),
      'no subject': await provider.token({ sub: undefined }),
      'a subject that is no text': await provider.token({ sub: 7 }),
      'a subject that is a path': await provider.token({ sub: '../../etc' }),
      'alg none': `${base64url({ alg: 'none' })}.${payload}.`,
      'alg none with a signature': `${base64url({ alg: 'none', kid: 'first' })}.${payload}.${signature}`,
      'the public key as a shared secret': `${symmetric}.${createHmac('sha256', JSON.stringify(provider.publicKey)).update(symmetric).digest('base64url')}`,
      'changed claims': `${head}.${base64url({ iss: provider.issuer, aud: AUDIENCE, sub: 'root', exp: now() + 60 })}.${signature}`,
      'a signature cut short': `${head}.${payload}.${signature.slice(0, -4)}`,
      'no JSON': 'a.b.c',
      'five parts': `${good}.x.y`,
      'a lot': `${good}${'A'.repeat(9_000)}`,
    };
    for (const [name, token] of Object.entries(refused)) {
      expect([name, ...said(await status(token))]).toEqual([name, 401, 'UNAUTHENTICATED', 'Unauthorized']);
    }
    // Within what clocks differ, and with one of several audiences.
    expect((await status(await provider.token({ exp: now() - 5, aud: ['account', AUDIENCE] }))).status).toBe(200);
    // Nothing of this was worth another question.
    expect(provider.asked).toHaveLength(2);
    // The key that was announced does sign for another party: an attacker without the provider's.
    const stranger = await OidcProvider.start();
    const forged = await stranger.token({ iss: provider.issuer }, { kid: 'first' });
    await stranger.close();
    expect((await status(forged)).status).toBe(401);
  });

  it.each(['RS256', 'PS256', 'EdDSA', 'ES384'])('may be signed for with %s', async (alg) => {
    await provider.rotate('key', alg);
    await start();
    expect((await status(await provider.token())).status).toBe(200);
  });

  it('are accepted by rotated keys soon, and get 503 until then', async () => {
    await start({ OIDC_JWKS_URL: `${provider.issuer}/keys` });
    const seen = await provider.token();
    const unseen = await provider.token({ sub: 'bob' });
    expect((await status(seen)).status).toBe(200);
    await provider.rotate('second');
    const token = await provider.token();
    expect(said(await status(token))).toEqual(AWAY);
    await eventually(async () => {
      expect((await status(token)).status).toBe(200);
    });
    // Whose signature was checked a moment ago is not checked again; one of a key that was taken back counts no more.
    expect((await status(seen)).status).toBe(200);
    expect((await status(unseen)).status).not.toBe(200);
    // A key that the provider does not publish is refused once it could be asked, and it is not asked for each token.
    await provider.rotate('secret', 'ES256', false);
    const unknown = await provider.token();
    await eventually(async () => {
      expect((await status(unknown)).status).toBe(401);
    });
    const askedBefore = provider.asked.length;
    await Promise.all(Array.from({ length: 50 }, async () => await status(await provider.token())));
    expect(provider.asked).toHaveLength(askedBefore);
  });

  it('who are known go on while the provider is away; others get 503', async () => {
    await start();
    expect((await status(await provider.token())).status).toBe(200);
    await provider.close();
    // The keys are known: so is who comes with a token that was never seen.
    expect((await status(await provider.token({ sub: 'bob' }))).status).toBe(200);
    expect((await status('garbage')).status).toBe(401);
    await provider.rotate('second');
    const answer = await status(await provider.token());
    expect(said(answer)).toEqual(AWAY);
    expect(answer.headers.get('retry-after')).toBe('5');
    const asked = await api.as(await provider.token()).get('/api/v1/auth/authenticated');
    expect(said(asked)).toEqual(AWAY);
    expect((await api.as(await api.userKey('carl')).get('/api/v1/status')).status).toBe(200);
  });

  it.each(['failing', 'silent', 'endless'] as const)(
    'wait for a provider that is %s when they come first',
    async (mode) => {
      provider.mode = mode;
      await start();
      const token = await provider.token();
      const startedAt = performance.now();
      expect(said(await status(token))).toEqual(AWAY);
      expect(performance.now() - startedAt).toBeLessThan(9_000);

      provider.mode = 'open';
      await eventually(async () => {
        expect((await status(token)).status).toBe(200);
      });
    },
  );

  it('are not taken from a discovery document of another issuer', async () => {
    await start({ OIDC_ISSUER: `${provider.issuer}/` });
    expect(said(await status(await provider.token({ iss: `${provider.issuer}/` })))).toEqual(AWAY);
  });

  it('count for nothing from the moment their token ends, although it was seen before', async () => {
    await start();
    // Until the tolerance is over.
    const token = await provider.token({ exp: now() - 28 });
    expect((await status(token)).status).toBe(200);
    await eventually(async () => {
      expect((await status(token)).status).toBe(401);
    });
  });

  it('are admins by the list, with tokens and keys, and by no claim', async () => {
    await start({ ADMIN_USER_IDS: 'root, ann' });
    const claims = { admin: true, roles: ['admin'] };
    expect((await status(await provider.token())).body['admin']).toBe(true);
    expect((await status(await provider.token({ ...claims, sub: 'bob' }))).body['admin']).toBe(false);
    expect((await status(await api.userKey('ann'))).body['admin']).toBe(true);
    expect((await status(await api.userKey('bob'))).body['admin']).toBe(false);
    expect((await api.as(await provider.token()).get('/api/v1/admin/runners')).status).toBe(200);
  });

  it('are admins when the provider says so, and then no key is one but the configured', async () => {
    const ADMIN_API_KEY = 'hl-first-admin-of-this-test-0123';
    await start({
      ADMIN_USER_SOURCE: 'jwt',
      OIDC_ADMIN_CLAIM: 'realm_access.roles',
      OIDC_ADMIN_VALUE: 'helix-admin',
      ADMIN_API_KEY,
    });
    const isAdmin = async (claims: object): Promise<unknown> =>
      (await status(await provider.token({ ...claims }))).body['admin'];
    expect(await isAdmin({ realm_access: { roles: ['x', 'helix-admin'] } })).toBe(true);
    expect(await isAdmin({ 'realm_access.roles': 'helix-admin' })).toBe(true);
    expect(await isAdmin({ realm_access: { roles: ['helix-administrator'] } })).toBe(false);
    expect(await isAdmin({ realm_access: { roles: true } })).toBe(false);
    expect(await isAdmin({ admin: true })).toBe(false);
    expect(await isAdmin({})).toBe(false);
    expect((await status(await api.userKey('root', true))).body['admin']).toBe(false);
    expect((await status(ADMIN_API_KEY)).body['admin']).toBe(true);
  });

  it('are admins by the claim admin where nothing else is said, and it must be true', async () => {
    await start({ ADMIN_USER_SOURCE: 'jwt' });
    expect((await status(await provider.token({ admin: true }))).body['admin']).toBe(true);
    expect((await status(await provider.token({ admin: 'true' }))).body['admin']).toBe(false);
  });

  it('are named by the configured claim, except by an unverified address', async () => {
    await start({ OIDC_USER_CLAIM: 'email' });
    const email = 'ann@example.com';
    expect((await status(await provider.token({ email }))).body).toMatchObject({
      user: email,
      slug: 'ann-example-com',
    });
    expect((await status(await provider.token({ email, email_verified: false }))).status).toBe(401);
    expect((await status(await provider.token())).status).toBe(401);
  });

  it('make keys of their own, which are never sent to the provider', async () => {
    await start();
    const made = await api.as(await provider.token()).post('/api/v1/api_keys', { name: 'laptop' });
    expect(made.status).toBe(201);
    provider.asked.length = 0;
    expect((await status(String(made.body['key']))).body).toMatchObject({ user: 'ann' });
    for (const key of ['hl-x.y.z', 'hls-x.y.z']) expect((await status(key)).status).toBe(401);
    expect(provider.asked).toEqual([]);
  });
});
