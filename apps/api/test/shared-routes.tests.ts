import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../../test/support/managed-process.js';
import { ApiInProcess } from './support/api-in-process.js';
import { SessionSocket } from './support/session-socket.js';
import { share } from './support/share.js';

/** The columns of the table "Shares" in docs/routes.md. */
const CALLERS = ['watchLink', 'controlLink', 'foreignLink', 'watchGrant', 'controlGrant', 'foreignGrant'] as const;
type Caller = (typeof CALLERS)[number];

/** Cells of each row whose first one is code, by that. */
async function tableOf(heading: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(path.join(ROOT, 'docs/routes.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = section.split('\n').flatMap((line): [string, readonly string[]][] => {
    const [, first = '', ...cells] = line.split('|').map((cell) => cell.trim());
    const name = /^`([A-Z]+ \/.+)`$/.exec(first)?.[1];
    return name === undefined ? [] : [[name, cells]];
  });
  return new Map(rows);
}

describe('routes as those see them with whom a session is shared', () => {
  let api: ApiInProcess;
  let all: ReadonlyMap<string, readonly string[]>;
  let ofShares: ReadonlyMap<string, readonly string[]>;
  let tokens: Readonly<Record<Caller, string>>;
  let sessionId: string;

  beforeAll(async () => {
    api = await ApiInProcess.start({ DESKTOP_EXEC_ENABLED: 'true' });
    all = await tableOf('');
    ofShares = await tableOf('Shares');
    const own = await api.runningSession('owner');
    const foreign = await api.runningSession('another');
    sessionId = own;
    tokens = {
      watchLink: await share(api, own, 'view'),
      controlLink: await share(api, own, 'control'),
      foreignLink: await share(api, foreign, 'control'),
      watchGrant: await share(api, own, 'view', 'watcher'),
      controlGrant: await share(api, own, 'control', 'controller'),
      foreignGrant: await share(api, foreign, 'control', 'stranger'),
    };
  });
  afterAll(async () => {
    await api.close();
  });

  /** What `docs/routes.md` says that a caller is told. */
  function expectedOf(name: string, caller: Caller): string {
    const shared = ofShares.get(name)?.[CALLERS.indexOf(caller)];
    if (shared !== undefined) return shared;
    // In the order of the columns: none, garbage, runner, owner, other, …
    const [none = '', , , , other = ''] = all.get(name) ?? [];
    if (caller.endsWith('Grant')) return other;
    return none === '✓' ? '✓' : '403';
  }

  it('open exactly what the tables say', async () => {
    const wrong: string[] = [];
    expect(all.size).toBeGreaterThan(50);
    expect(ofShares.size).toBe(5);
    for (const name of all.keys()) {
      const [method = '', route = ''] = name.split(' ');
      const isOfSession = route.includes('/sessions/') || route.includes('/external-agents/');
      const target = route.replace(':id', isOfSession ? sessionId : 'nowhere').replace(':shareId', 'shr_x');
      const body = method === 'POST' ? '{}' : undefined;
      for (const caller of CALLERS) {
        const { status } = await api
          .as(tokens[caller])
          .send(method, target, body, { 'content-type': 'application/json' });
        const seen = status === 401 || status === 403 ? String(status) : '✓';
        const expected = expectedOf(name, caller);
        if (seen !== expected) wrong.push(`${name} as ${caller}: ${String(status)}, not ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('open no socket that tells what its owner sees', async () => {
    for (const caller of CALLERS) {
      const headers = { authorization: `Bearer ${tokens[caller]}` };
      const refused = await SessionSocket.refusal(api.url, `session_id=${sessionId}`, headers);
      expect([caller, refused.status]).toEqual([caller, 403]);
    }
  });

  it('open no link of a runner', async () => {
    for (const caller of ['watchLink', 'controlLink', 'foreignLink'] as const) {
      for (const runnerId of [`sandbox-${sessionId}`, `desktop-${sessionId}`, 'wolf-somewhere', 'hydra-somewhere']) {
        const { status } = await api.as(tokens[caller]).get(`/api/v1/revdial?runnerid=${runnerId}`);
        expect([caller, runnerId, status]).toEqual([caller, runnerId, 403]);
      }
    }
    const grantee = api.as(tokens.controlGrant);
    expect((await grantee.get(`/api/v1/revdial?runnerid=sandbox-${sessionId}`)).status).toBe(403);
  });

  it('tell the holder of a link nothing about other sessions', async () => {
    const holder = api.as(tokens.controlLink);
    for (const id of ['ses_01kata7wrce3cd5j3hg5ttvjw6', 'x', '..%2f..%2fetc']) {
      expect((await holder.get(`/api/v1/sessions/${id}/access`)).body['code']).toBe('FORBIDDEN');
    }
    const grantee = api.as(tokens.controlGrant);
    const unknown = await grantee.get('/api/v1/sessions/ses_01kata7wrce3cd5j3hg5ttvjw6/access');
    expect(unknown.body['code']).toBe('SESSION_NOT_FOUND');
  });

  it('do not count the holder of a link as logged in', async () => {
    const { body } = await api.as(tokens.controlLink).get('/api/v1/auth/authenticated');
    expect(body).toEqual({ authenticated: false });
  });
});
