import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import {
  AgentTunnels,
  attachRevDialGateway,
  ConnectionManager,
  fixedToken,
  parseServerAddress,
  RevDialGateway,
  runnerIdOf,
  SocketConnector,
} from '@helix/revdial';
import type { RunnerAuthorizer } from '@helix/revdial';
import { eventually } from '@helix/revdial/testing';
import { AgentProcess } from './support/agent-process.js';
import { SmallApi } from './support/small-api.js';

const TOKEN = 'hl-very-secret-token';
const SESSION = `ses_${'0'.repeat(26)}`;

interface Finding {
  readonly check: string;
  readonly result: string;
  readonly detail: string;
  readonly cure?: string;
}

const authorizer: RunnerAuthorizer = {
  authenticate: (token) => {
    if (token === TOKEN)
      return Promise.resolve({
        name: 'runner',
        mayOpen: ({ kind }) => Promise.resolve(kind === 'sandbox' ? 'forbidden' : 'granted'),
      });
    if (token !== 'user') return Promise.resolve(undefined);
    return Promise.resolve({
      name: 'user:ada',
      mayOpen: ({ kind }) => Promise.resolve(kind === 'sandbox' ? 'granted' : 'malformed'),
    });
  },
};

describe('the doctor', () => {
  let connections: ConnectionManager;
  let api: Server;
  let service: Server;
  let local: string;
  let url: string;
  let agents: AgentProcess[];
  let olderApis: SmallApi[];

  beforeEach(async () => {
    agents = [];
    olderApis = [];
    connections = new ConnectionManager();
    const server = createServer((_request, response) => response.writeHead(404).end());
    attachRevDialGateway(server, new RevDialGateway(connections, authorizer));
    api = server;
    service = createTcpServer((socket) => socket.destroy());
    for (const each of [api, service]) {
      each.listen(0, '127.0.0.1');
      await once(each, 'listening');
    }
    local = `127.0.0.1:${String((service.address() as AddressInfo).port)}`;
    url = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`;
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await Promise.all(olderApis.map((older) => older.close()));
    await connections.close(0);
    for (const each of [api, service]) each.close();
  });

  async function examine(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number | null; readonly findings: Readonly<Record<string, Finding>> }> {
    const agent = new AgentProcess(['doctor', '--json', ...args], {
      HELIX_API_URL: url,
      RUNNER_TOKEN: TOKEN,
      ...environment,
    });
    agents.push(agent);
    const { code } = await agent.exit;
    expect(agent.stdout + agent.stderr).not.toContain(TOKEN);
    const report = JSON.parse(agent.stdout) as { readonly findings: readonly Finding[] };
    return { code, findings: Object.fromEntries(report.findings.map((finding) => [finding.check, finding])) };
  }

  it('finds everything well, by links of a runner id that nobody else has', async () => {
    const { code, findings } = await examine([`--tunnel=wolf-a=${local}`]);
    expect(Object.fromEntries(Object.values(findings).map(({ check, result }) => [check, result]))).toEqual({
      dns: 'skipped',
      tcp: 'ok',
      proxy: 'skipped',
      tls: 'skipped',
      'round-trip': 'ok',
      clock: 'ok',
      'token:wolf-a': 'ok',
      'transport:mux': 'ok',
      'transport:mux-websocket': 'ok',
      'transport:websocket': 'ok',
      'transport:hijack': 'ok',
      'local:wolf-a': 'ok',
    });
    expect(code).toBe(0);
  });

  it('does not disturb an agent of the same runner', async () => {
    const server = parseServerAddress(url);
    if (server === undefined) throw new Error('bad URL');
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const agent = new AgentTunnels({
      connector: new SocketConnector({ server }),
      token: fixedToken(TOKEN),
      logger: silent,
      targets: [{ runnerId: 'wolf-a', local: { kind: 'tcp', host: '127.0.0.1', port: 9 }, logger: silent }],
    });
    agent.start();
    await eventually(() => expect(agent.statuses[0]?.state).toBe('connected'));
    const before = connections.find(runnerIdOf('wolf', 'a'))?.generation;
    expect((await examine([`--tunnel=wolf-a=${local}`])).code).toBe(0);
    expect(connections.find(runnerIdOf('wolf', 'a'))).toMatchObject({ state: 'connected', generation: before });
    agent.destroy();
  });

  it.each([
    ['a token that the API does not know', { RUNNER_TOKEN: 'other' }, 'token:wolf-a', /401/, /RUNNER_TOKEN/],
    ['an API that is away', { HELIX_API_URL: 'http://127.0.0.1:9' }, 'tcp', /ECONNREFUSED/, /whether the API runs/],
    ['a name that nobody knows', { HELIX_API_URL: 'http://nowhere.invalid' }, 'dns', /nowhere\.invalid/, /resolver/],
    [
      'a proxy that is away',
      { HELIX_API_URL: 'http://api.invalid', HTTP_PROXY: 'http://127.0.0.1:9' },
      'tcp',
      /:9/,
      /port/,
    ],
  ])('names %s, with a cure, and exits 3', async (_what, environment, check, detail, cure) => {
    const { code, findings } = await examine([`--tunnel=wolf-a=${local}`], environment);
    expect(findings[check]).toMatchObject({
      result: 'failed',
      detail: expect.stringMatching(detail) as unknown,
      cure: expect.stringMatching(cure) as unknown,
    });
    expect(code).toBe(3);
  });

  it('names a service that does not answer, and a runner that the token may not open', async () => {
    const { code, findings } = await examine([
      '--tunnel=wolf-a=unix:///no/such.sock',
      `--tunnel=sandbox-${SESSION}=:9`,
    ]);
    expect(findings['local:wolf-a']).toMatchObject({
      result: 'failed',
      detail: expect.stringMatching(/ENOENT/) as unknown,
    });
    expect(findings[`token:sandbox-${SESSION}`]).toMatchObject({ result: 'failed', detail: 'answered 403 (REFUSED)' });
    expect(code).toBe(3);
  });

  it('opens nothing with a user’s token', async () => {
    const { findings } = await examine([`--tunnel=sandbox-${SESSION}=${local}`], {
      RUNNER_TOKEN: '',
      USER_API_TOKEN: 'user',
    });
    expect(findings['transport:mux']).toMatchObject({
      result: 'ok',
      detail: expect.stringMatching(/no link/) as unknown,
    });
    expect(findings['transport:mux-websocket']?.result).toBe('ok');
    expect(findings['transport:hijack']?.result).toBe('skipped');
    expect(findings[`token:sandbox-${SESSION}`]?.result).toBe('ok');
    expect(connections.list()).toEqual([]);
  });

  it('is content with an API that knows only older generations, and says so', async () => {
    const older = await SmallApi.start();
    olderApis.push(older);
    const { findings } = await examine([`--tunnel=wolf-a=${local}`], { HELIX_API_URL: older.url });
    expect(findings['transport:mux']).toMatchObject({
      result: 'warning',
      cure: expect.stringMatching(/older/) as unknown,
    });
    expect(findings['transport:hijack']?.result).toBe('ok');
  });

  it('prints a table for people', async () => {
    const agent = new AgentProcess(['doctor', '--tunnel=wolf-a=:9'], { HELIX_API_URL: url, RUNNER_TOKEN: TOKEN });
    agents.push(agent);
    expect((await agent.exit).code).toBe(3);
    expect(agent.stdout).toMatch(/^ok +transport:mux +generation 3, upgraded socket/m);
    expect(agent.stdout).toMatch(/^failed +local:wolf-a .*\n +> start the service/m);
    expect(agent.stdout).toMatch(/1 failed\n$/);
  });
});
