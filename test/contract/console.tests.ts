import { createSessionId } from '@helix/external-agent';
import { ApiInProcess } from '../../apps/api/test/support/api-in-process.js';
import { CONSOLE_ROUTES } from './shapes/console.js';
import { Caller } from './support/caller.js';
import { ContractRun } from './support/contract-run.js';

const PAGE = 'GET /console/sessions/{id}';
const FILE = 'GET /console/assets/{file}';

describe('the contract of the viewer page', () => {
  let api: ApiInProcess;
  let run: ContractRun;
  let stranger: Caller;

  beforeAll(async () => {
    api = await ApiInProcess.start({ SERVER_URL: 'https://helix.test' });
    run = new ContractRun(CONSOLE_ROUTES);
    stranger = new Caller(api.url, run, undefined);
  });
  afterAll(async () => {
    await api.close();
  });

  it('gives all callers the same page, whether the session exists or not', async () => {
    const some = await stranger.ask(PAGE, { id: await api.runningSession('owner') });
    const none = await new Caller(api.url, run, 'hl-unknown-key').ask(PAGE, { id: createSessionId() });
    expect(none.bytes.equals(some.bytes)).toBe(true);
    expect(some.bytes.toString()).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  it('lets the page load from here alone, and never in a frame', async () => {
    const { headers } = await stranger.ask(PAGE, { id: createSessionId() });
    const { host } = new URL(api.url);
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `connect-src 'self' ws://${host} wss://${host} ws://helix.test wss://helix.test`,
      "img-src 'self' data:",
      'media-src blob: mediastream:',
      "form-action 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('has nothing in the page that the policy forbids', async () => {
    const html = (await stranger.ask(PAGE, { id: createSessionId() })).bytes.toString();
    expect(html).not.toMatch(/\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|https?:/i);
  });

  it('serves each file that the page and its scripts name', async () => {
    const html = (await stranger.ask(PAGE, { id: createSessionId() })).bytes.toString();
    const open = [...html.matchAll(/"\.\.\/assets\/([^"]+)"/g)].map(([, name = '']) => name);
    expect(open.toSorted()).toEqual(['main.js', 'viewer.css']);
    const served = new Set<string>();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (served.has(name)) continue;
      served.add(name);
      const text = (await stranger.ask(FILE, { id: name })).bytes.toString();
      expect(text).not.toContain('sourceMappingURL');
      open.push(...[...text.matchAll(/from '\.\/([^']+)'/g)].map(([, imported = '']) => imported));
    }
    expect(served.size).toBeGreaterThan(20);
  });

  it('says that a file or the page is as it was', async () => {
    for (const [route, id] of [
      [PAGE, createSessionId()],
      [FILE, 'main.js'],
      [FILE, 'viewer.css'],
    ] as const) {
      const etag = (await stranger.ask(route, { id })).headers.get('etag') ?? '';
      expect((await stranger.ask(route, { id, headers: { 'if-none-match': `W/"x", ${etag}` } })).status).toBe(304);
      expect((await stranger.ask(route, { id, headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    }
  });

  it.each(['', 'x', 'ses_', 'ses_1', '..', 'ses_01kata7wrce3cd5j3hg5ttvjw6x', 'SES_01KATA7WRCE3CD5J3HG5TTVJW6'])(
    'has no page for the session %j',
    async (id) => {
      const answer = await api.as(undefined).get(`/console/sessions/${encodeURIComponent(id)}`);
      expect(answer.status).toBe(404);
      if (id.length > 2) await stranger.ask(PAGE, { id });
    },
  );

  it.each([
    'nothing.js',
    'main.ts',
    'main.d.ts',
    '.tsbuildinfo',
    'console.controller.js',
    '../console.controller.js',
    '../../main.js',
    '..\\main.js',
    'main.js/',
    'MAIN.JS',
    'constructor',
    '__proto__',
  ])('has no file %j', async (name) => {
    expect((await stranger.ask(FILE, { id: name })).status).toBe(404);
  });

  it('has shown every answer of its table', () => {
    expect(run.unseen).toEqual([]);
  });
});
