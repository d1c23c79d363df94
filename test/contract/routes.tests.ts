import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../support/managed-process.js';
import { ROUTE_GROUPS } from './shapes/all-routes.js';
import { NOT_SERVED } from './shapes/not-served.js';
import { Caller } from './support/caller.js';
import { ContractRun } from './support/contract-run.js';
import { ContractWorld } from './support/contract-world.js';
import { judgeAnswer } from './support/faults-of-answer.js';
import { json, type RouteContract, type RouteTable } from './support/route-contract.js';
import { faultsOf, oneOf, orNull } from './support/shape.js';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
}

interface RouterLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

const ALL: RouteTable = Object.assign({}, ...ROUTE_GROUPS);

/** What is no route of ours, as everything that is none of them. */
const NO_ROUTE: RouteContract = { reference: '§0', audience: 'public', answers: {}, refusals: ['404 NOT_FOUND'] };

describe('the contract of all routes', () => {
  let world: ContractWorld;
  let documented: readonly (readonly [string, readonly string[]])[];

  beforeAll(async () => {
    const { paths } = JSON.parse(await readFile(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as OpenApi;
    documented = Object.entries(paths).flatMap(([route, methods]) =>
      Object.entries(methods).map(
        ([method, { responses }]) => [`${method.toUpperCase()} ${route}`, Object.keys(responses)] as const,
      ),
    );
    world = await ContractWorld.start({});
  });
  afterAll(async () => {
    await world.close();
  });

  it('has a row for every route that is served, and for no other', () => {
    const express: unknown = world.api.api.app.getHttpAdapter().getInstance();
    const { stack } = (express as { readonly router: { readonly stack: readonly RouterLayer[] } }).router;
    const served = stack.flatMap(({ route }) =>
      Object.keys(route?.methods ?? {})
        .filter((method) => method !== '_all')
        .map((method) => `${method.toUpperCase()} ${(route?.path ?? '').replace(/[:*](\w+)/g, '{$1}')}`),
    );
    expect(Object.keys(ALL).toSorted()).toEqual(served.toSorted());
    expect(ROUTE_GROUPS.flatMap((group) => Object.keys(group))).toHaveLength(served.length);
  });

  it('promises each success that docs/openapi.json promises, and no other', () => {
    expect(documented.length).toBeGreaterThan(40);
    const promised = documented.map(([route]) => [route, statusesOf(ALL[route])]);
    const described = documented.map(([route, statuses]) => [route, statuses.filter((status) => status < '400')]);
    expect(promised).toEqual(described);
  });

  it('answers in JSON what Helix’s clients ask for and is not served', async () => {
    const table = Object.fromEntries(Object.keys(NOT_SERVED).map((route) => [route, NO_ROUTE]));
    const owner = new Caller(world.api.url, new ContractRun(table), world.owner.key);
    for (const route of Object.keys(NOT_SERVED)) {
      expect(ALL).not.toHaveProperty([route]);
      const { status, body } = await owner.ask(route, { id: 'x' });
      expect([route, status, body['message']]).toEqual([route, 404, 'no such route']);
    }
  });

  it('answers other methods and unknown paths in JSON, and never with a page', async () => {
    const paths = [...new Set(Object.keys(ALL).map((route) => route.slice(route.indexOf(' ') + 1)))];
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    const wrong = paths
      .flatMap((route) => methods.map((method) => `${method} ${route}`))
      .filter((route) => !isServed(route));
    const nowhere = ['GET /', 'GET /index.html', 'GET /api/v1', 'POST /api/v1/nothing', 'GET /api/v1/sessions/a/b/c'];
    const run = new ContractRun(Object.fromEntries([...wrong, ...nowhere].map((route) => [route, NO_ROUTE])));
    const browser = new Caller(world.api.url, run, world.owner.key);
    for (const route of [...wrong, ...nowhere]) {
      const { status } = await browser.ask(route, {
        id: 'x',
        shareId: 'x',
        viewerId: 'x',
        headers: { accept: 'text/html' },
      });
      expect([route, status]).toEqual([route, 404]);
    }
  });
});

describe('the measure itself', () => {
  const contract: RouteContract = {
    reference: 'ours',
    audience: 'public',
    answers: { 200: json({ id: 'text' }) },
    refusals: ['404 NOT_FOUND', '503 BUSY'],
  };
  const common = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'r',
  };

  function faults(status: number, body: object, headers: Readonly<Record<string, string>> = {}): readonly string[] {
    const bytes = Buffer.from(JSON.stringify(body));
    return judgeAnswer(contract, { status, headers: new Headers({ ...common, ...headers }), bytes }).faults;
  }

  it.each([
    ['text', 1],
    ['flag', 'true'],
    ['whole', 1.5],
    ['time', '2026-01-31 12:00:00'],
    ['session id', 'ses_1'],
    ['anything', undefined],
    [oneOf('a', 'b'), 'c'],
    [orNull('text'), 1],
    [['text'], [1]],
    [{ a: 'text' }, {}],
    [{ 'a?': 'text' }, { a: null }],
    [{ a: { b: ['whole'] } }, { a: { b: [1, 'x'] } }],
  ] as const)('finds that %j is not %j', (shape, value) => {
    expect(faultsOf(shape, value)).toHaveLength(1);
  });

  it('lets a superset pass', () => {
    expect(faultsOf({ a: 'text', 'b?': 'flag', c: orNull({ d: 'time' }) }, { a: '', c: null, e: 1 })).toEqual([]);
    expect(faults(200, { id: 'x', more: 1 })).toEqual([]);
  });

  it('finds what is wrong with an answer', () => {
    const error = { code: 'NOT_FOUND', message: 'no such thing', requestId: 'r' };
    expect(faults(404, error)).toEqual([]);
    expect(faults(200, {})).toEqual(['body.id: is missing']);
    expect(faults(200, { id: 'x' }, { 'cache-control': 'public' })).toHaveLength(1);
    expect(faults(200, { id: 'x' }, { 'content-type': 'text/html' })).toHaveLength(1);
    expect(faults(200, { id: 'x' }, { 'x-content-type-options': 'no' })).toHaveLength(1);
    expect(faults(404, error, { 'content-type': 'text/html' })).toHaveLength(1);
    expect(faults(404, error, { 'x-request-id': 'other' })).toHaveLength(1);
    expect(faults(404, { ...error, message: 'access denied' })).toHaveLength(1);
    expect(faults(404, { ...error, code: 'GONE' })).toHaveLength(1);
    expect(faults(503, { ...error, code: 'BUSY' })).toEqual(['503 without Retry-After']);
    expect(faults(503, { ...error, code: 'BUSY' }, { 'retry-after': '0' })).toEqual(['503 without Retry-After']);
  });

  it('remembers which promises were not seen', () => {
    const run = new ContractRun({ 'GET /x': contract });
    const bytes = Buffer.from('{"id":"x"}');
    run.judge('GET /x', { status: 200, headers: new Headers(common), bytes });
    expect(run.unseen).toEqual(['GET /x: 404 NOT_FOUND', 'GET /x: 503 BUSY']);
    expect(() => {
      run.judge('GET /x', { status: 500, headers: new Headers(common), bytes });
    }).toThrow('500');
  });
});

function statusesOf(contract: RouteContract | undefined): readonly string[] {
  const names = Object.keys(contract?.answers ?? {});
  return [...new Set(names.map((name) => String(Number.parseInt(name, 10))))];
}

/** Also by the pattern of another path: `GET …/external-agents/connections` hides `{id}`, and not the other way round. */
function isServed(route: string): boolean {
  const [method, wanted = ''] = route.split(' ');
  return Object.keys(ALL).some((known) => {
    const [knownMethod, knownPath = ''] = known.split(' ');
    const pattern = new RegExp(
      `^${knownPath
        .replaceAll('.', '\\.')
        .replace('{path}', '.+')
        .replace(/\{\w+\}/g, '[^/]+')}$`,
    );
    return method === knownMethod && pattern.test(wanted);
  });
}
