import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../../test/support/managed-process.js';
import { ApiKeysService } from '../src/api-keys/api-keys.service.js';
import { ApiInProcess, RUNNER_TOKEN } from './support/api-in-process.js';
import { AUDIENCE, OidcProvider } from './support/oidc-provider.js';

const CALLERS = ['none', 'garbage', 'runner', 'owner', 'other', 'token', 'foreign', 'admin'] as const;
type Caller = (typeof CALLERS)[number];

interface TableRow {
  readonly name: string;
  readonly expected: Readonly<Record<Caller, string>>;
}

/** Reads the rows of a Markdown table whose first cell is code. */
async function tablesOf(file: string): Promise<readonly TableRow[]> {
  const text = await readFile(path.join(ROOT, file), 'utf8');
  return text.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const name = /^`(.+)`$/.exec(cells[1] ?? '')?.[1];
    if (name === undefined || cells.length !== CALLERS.length + 3) return [];
    const expected = Object.fromEntries(CALLERS.map((caller, index) => [caller, cells[index + 2] ?? '']));
    return [{ name, expected: expected as Record<Caller, string> }];
  });
}

interface RouterLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

describe('routes and who may use them', () => {
  let api: ApiInProcess;
  let provider: OidcProvider;
  let rows: readonly TableRow[];
  let tokens: Readonly<Record<Caller, string | undefined>>;
  let sessionId: string;

  beforeAll(async () => {
    provider = await OidcProvider.start();
    api = await ApiInProcess.start({
      // Switched on, so that the table's own refusals are seen and not the operator's.
      DESKTOP_EXEC_ENABLED: 'true',
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: AUDIENCE,
      ADMIN_USER_IDS: 'boss',
    });
    rows = await tablesOf('docs/routes.md');
    const own = await api.runningSession('owner');
    const foreign = await api.runningSession('other');
    sessionId = own;
    tokens = {
      none: undefined,
      garbage: 'hl-this-key-is-unknown-0123456789',
      runner: RUNNER_TOKEN,
      owner: await api.userKey('owner'),
      other: await api.userKey('other'),
      token: await api.sessionToken(own, 'owner'),
      foreign: await api.sessionToken(foreign, 'other'),
      admin: await api.userKey('root', true),
    };
  });

  afterAll(async () => {
    await api.close();
    await provider.close();
  });

  it('has a row for every route, and no row without one', () => {
    const express: unknown = api.api.app.getHttpAdapter().getInstance();
    const { stack } = (express as { readonly router: { readonly stack: readonly RouterLayer[] } }).router;
    const routes = stack.flatMap(({ route }) =>
      route === undefined
        ? []
        : Object.keys(route.methods)
            .filter((method) => method !== '_all')
            .map((method) => `${method.toUpperCase()} ${route.path}`),
    );
    const documented = rows.map((row) => row.name).filter((name) => /^[A-Z]+ \//.test(name));
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('lets through and refuses exactly as the table says', async () => {
    const wrong: string[] = [];
    let checked = 0;
    for (const { name, expected } of rows) {
      const [method = '', route = ''] = name.split(' ');
      if (!route.startsWith('/')) continue;
      const isOfSession = route.includes('/sessions/') || route.includes('/external-agents/');
      const target = route.replace(':id', isOfSession ? sessionId : 'nowhere');
      // No caller stops the session: a stopped one would change what the next caller sees.
      const headers = { 'content-type': 'application/json' };
      for (const caller of CALLERS) {
        if (method === 'DELETE' && isOfSession && expected[caller] === '✓') continue;
        const body = method === 'POST' ? '{}' : undefined;
        const { status } = await api.as(tokens[caller]).send(method, target, body, headers);
        const seen = status === 401 || status === 403 ? String(status) : '✓';
        checked += 1;
        if (seen !== expected[caller]) wrong.push(`${name} as ${caller}: ${String(status)}, not ${expected[caller]}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(150);
  });

  it('treats a user’s key and the provider’s token of that user alike', async () => {
    const people = [
      ['owner', await provider.token({ sub: 'owner' })],
      ['other', await provider.token({ sub: 'other' })],
      ['admin', await provider.token({ sub: 'boss' })],
      // Not signed by a known key.
      ['garbage', `${await provider.token({ sub: 'boss' })}x`],
    ] as const;
    const wrong: string[] = [];
    for (const [caller, token] of people) wrong.push(...(await mismatches(token, (expected) => expected[caller])));
    expect(wrong).toEqual([]);
  });

  it('refuses the key of an app on every route but public ones, and on links', async () => {
    const { secret } = await api.api.app
      .get(ApiKeysService)
      .create({ ownerId: 'owner', name: 'app', isAdmin: false, expiresAt: null, appId: 'app_1' });
    expect(await mismatches(secret, (expected) => (expected.none === '✓' ? '✓' : '403'))).toEqual([]);
    for (const runnerId of [`sandbox-${sessionId}`, 'wolf-somewhere']) {
      expect((await api.as(secret).get(`/api/v1/revdial?runnerid=${runnerId}`)).status).toBe(403);
    }
  });

  /** Rows for which a token sees something else than it should. */
  async function mismatches(
    token: string,
    shouldSee: (expected: TableRow['expected']) => string,
  ): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const { name, expected } of rows) {
      const [method = '', route = ''] = name.split(' ');
      const isOfSession = route.includes('/sessions/') || route.includes('/external-agents/');
      const should = shouldSee(expected);
      if (!route.startsWith('/') || (method === 'DELETE' && isOfSession && should === '✓')) continue;
      const target = route.replace(':id', isOfSession ? sessionId : 'nowhere');
      const body = method === 'POST' ? '{}' : undefined;
      const { status } = await api.as(token).send(method, target, body, { 'content-type': 'application/json' });
      const seen = status === 401 || status === 403 ? String(status) : '✓';
      if (seen !== should) wrong.push(`${name}: ${String(status)}, not ${should}`);
    }
    return wrong;
  }

  it('lets the owner and an admin stop a session', async () => {
    for (const caller of ['owner', 'admin'] as const) {
      const id = await api.runningSession('owner');
      const answer = await api.as(tokens[caller]).delete(`/api/v1/sessions/${id}/stop-external-agent`);
      expect(answer.status).toBe(200);
      const again = await api.as(tokens[caller]).delete(`/api/v1/external-agents/${id}`);
      expect(again.status).toBe(200);
    }
  });

  it('opens links exactly as the table says, before any upgrade', async () => {
    const wrong: string[] = [];
    for (const { name, expected } of rows) {
      if (name.includes(' ')) continue;
      const runnerId = name.replace('<instance>', 'somewhere').replace('<session>', sessionId);
      for (const base of ['/api/v1/revdial', '/revdial']) {
        for (const caller of CALLERS) {
          const { status } = await api.as(tokens[caller]).get(`${base}?runnerid=${runnerId}`);
          // A caller who may hold the link is told to upgrade, which this plain request did not.
          const seen = status === 426 ? '✓' : String(status);
          if (seen !== expected[caller]) wrong.push(`${base} ${name} as ${caller}: ${seen}, not ${expected[caller]}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('takes the token from the header (with or without Bearer), the cookie or the query', async () => {
    const key = tokens.owner ?? '';
    const anonymous = api.as(undefined);
    expect((await anonymous.get('/api/v1/sessions', { authorization: key })).status).toBe(200);
    expect((await anonymous.get('/api/v1/sessions', { authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await anonymous.get('/api/v1/sessions', { cookie: `theme=dark; access_token=${key}` })).status).toBe(200);
    expect((await anonymous.get(`/api/v1/sessions?access_token=${key}`)).status).toBe(200);
    expect((await anonymous.get('/api/v1/sessions?access_token=')).status).toBe(401);
    // An empty one falls through to the next.
    const both = { authorization: 'Bearer ', cookie: `access_token=${key}` };
    expect((await anonymous.get('/api/v1/sessions', both)).status).toBe(200);
  });

  it('lists in spite of unknown query parameters such as Helix’s offset and limit', async () => {
    const admin = api.as(tokens.admin);
    const lists = ['/api/v1/sessions', '/api/v1/external-agents', '/api/v1/admin/runners', '/api/v1/admin/api-keys'];
    for (const list of lists) {
      const answer = await admin.get(`${list}?organization_id=x&offset=0&limit=10&pageIndex=1&page_size=5000`);
      expect([list, answer.status]).toEqual([list, 200]);
      const nonsense = await admin.get(`${list}?page_size=none`);
      expect([list, nonsense.status, nonsense.body['code']]).toEqual([list, 400, 'INVALID_REQUEST']);
    }
  });

  it('answers 404 for an unknown session and for a malformed session id', async () => {
    const owner = api.as(tokens.owner);
    for (const id of ['ses_01kata7wrce3cd5j3hg5ttvjw6', 'x', '..%2f..%2fetc', 'ses_']) {
      const answer = await owner.get(`/api/v1/sessions/${id}`);
      expect([id, answer.status, answer.body['code']]).toEqual([id, 404, 'SESSION_NOT_FOUND']);
    }
  });
});
