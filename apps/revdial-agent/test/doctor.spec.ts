import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
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
import { eventually } from '@helix/pacing/testing';
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

interface TlsCase {
  readonly certificate: string;
  readonly isTrusted: boolean;
  readonly result: 'ok' | 'failed';
  readonly detail?: RegExp;
  readonly cure?: RegExp;
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../libs/revdial/test/fixtures/${name}.pem`, import.meta.url));
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

  it('finds everything well, by links of a runner id of its own', async () => {
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
    ['an unknown host name', { HELIX_API_URL: 'http://nowhere.invalid' }, 'dns', /nowhere\.invalid/, /resolver/],
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

  it.each<[string, TlsCase]>([
    [
      'a certificate that it trusts',
      { certificate: 'test-server', isTrusted: true, result: 'ok', detail: /^TLSv1\.\d, .+, valid for \d+ days$/ },
    ],
    [
      'an authority that is not configured',
      { certificate: 'test-server', isTrusted: false, result: 'failed', cure: /--ca-file/ },
    ],
    [
      'a certificate of another name',
      { certificate: 'test-server-other-name', isTrusted: true, result: 'failed', cure: /--server-name/ },
    ],
  ])('over TLS tells of %s', async (_what, { certificate, isTrusted, result, detail, cure }) => {
    const [key, cert] = await Promise.all([readFile(fixture('test-server.key')), readFile(fixture(certificate))]);
    const secure = createHttpsServer({ key, cert }, (_request, response) => response.writeHead(404).end());
    attachRevDialGateway(secure, new RevDialGateway(connections, authorizer));
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const trust = isTrusted ? [`--ca-file=${fixture('test-authority')}`] : [];
    const { code, findings } = await examine([`--tunnel=wolf-a=${local}`, ...trust], {
      HELIX_API_URL: `https://127.0.0.1:${String((secure.address() as AddressInfo).port)}`,
    });
    expect(findings['tls']).toMatchObject({ result });
    if (detail !== undefined) expect(findings['tls']?.detail).toMatch(detail);
    if (cure !== undefined) expect(findings['tls']?.cure).toMatch(cure);
    expect(code).toBe(result === 'ok' ? 0 : 3);
    secure.close();
  });

  it.each([
    ['lets it through', 200, 'ok', 0],
    ['refuses', 403, 'failed', 3],
  ] as const)('behind a proxy that %s says so', async (_what, status, result, exitCode) => {
    const proxy = createServer();
    proxy.on('connect', (request, socket: Duplex) => {
      socket.on('error', () => socket.destroy());
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${String(status)} No\r\n\r\n`);
        return;
      }
      const [, port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { code, findings } = await examine([`--tunnel=wolf-a=${local}`], {
      HELIX_API_URL: url.replace('127.0.0.1', 'api.example.test'),
      HTTP_PROXY: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`,
    });
    expect(findings['proxy']).toMatchObject({ result });
    if (result === 'failed') expect(findings['proxy']?.cure).toMatch(/CONNECT/);
    expect(code).toBe(exitCode);
    proxy.closeAllConnections();
    proxy.close();
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

  it.each([
    ['is not content with an API that knows only older generations, and says what to do', [], 'failed', 3],
    ['is content with such an API when the agent is told to speak an older one', ['--transport=hijack'], 'warning', 0],
  ])('%s', async (_what, flags, result, exitCode) => {
    const older = await SmallApi.start();
    olderApis.push(older);
    const { code, findings } = await examine([`--tunnel=wolf-a=${local}`, ...flags], { HELIX_API_URL: older.url });
    expect(findings['transport:mux']).toMatchObject({
      result,
      cure: expect.stringMatching(/older generation \(--transport hijack/) as unknown,
    });
    expect(findings['transport:hijack']?.result).toBe('ok');
    expect(code).toBe(exitCode);
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
