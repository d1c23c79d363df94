import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@helix/pacing/testing';
import { AgentProcess } from './support/agent-process.js';
import { SmallApi } from './support/small-api.js';

const TOKEN = 'hl-very-secret-token';
const SESSION = `ses_${'0'.repeat(26)}`;
/** A process has to start first, on a machine with other things to do. */
const PROCESS_LIMIT_MS = 15_000;

describe('the configuration of the agent', () => {
  let api: SmallApi;
  let agents: AgentProcess[];

  beforeEach(async () => {
    api = await SmallApi.start();
    agents = [];
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await api.close();
  });

  function start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    isOfOlder = true,
  ): AgentProcess {
    // The API of these tests is one of generation 1.
    const agent = new AgentProcess(isOfOlder ? ['--transport=hijack', ...args] : args, environment);
    agents.push(agent);
    return agent;
  }

  function connected(...runnerIds: readonly string[]): Promise<void> {
    return eventually(() => expect([...api.runnerIds].sort()).toEqual([...runnerIds].sort()), PROCESS_LIMIT_MS);
  }

  it.each([
    [
      'one dash and spaces',
      (url: string) => ['-server', url, '-runner-id', 'wolf-a', '-token', TOKEN, '-local', '127.0.0.1:9'],
    ],
    [
      'two dashes and equals',
      (url: string) => [`--server=${url}`, '--runner-id=wolf-a', `--token=${TOKEN}`, '--local=:9'],
    ],
    [
      'the Go client’s URL',
      (url: string) => [`-server=${url}/api/v1/revdial`, '-runner-id=wolf-a', `-token=${TOKEN}`, '-local=unix:///x'],
    ],
  ])('understands flags with %s', async (_what, args) => {
    const agent = start(args(api.url));
    await connected('wolf-a');
    expect(api.controls[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    await eventually(() =>
      expect(agent.find('connected')).toMatchObject({ runnerId: 'wolf-a', transport: 'hijack', why: 'as configured' }),
    );
  });

  it('warns of a token on the command line, hides it from process list and logs', async () => {
    const agent = start([
      '-server',
      api.url,
      '-runner-id',
      'wolf-a',
      '-token',
      TOKEN,
      '-local',
      ':9',
      '--log-level',
      'debug',
    ]);
    await connected('wolf-a');
    expect(agent.log[0]).toMatchObject({ level: 'warn', msg: expect.stringMatching(/^-token: /) as unknown });
    expect(agent.stdout + agent.stderr).not.toContain(TOKEN);
    const commandLine = await readFile(`/proc/${String(agent.pid)}/cmdline`, 'utf8').catch(() => '');
    expect(commandLine).not.toContain(TOKEN);
  });

  it('takes everything for a host from its environment', async () => {
    start([], { HELIX_API_URL: api.url, RUNNER_TOKEN: `${TOKEN},older`, SANDBOX_INSTANCE_ID: 'gpu-1' });
    await connected('wolf-gpu-1', 'moonlight-gpu-1');
    expect(new Set(api.controls.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
  });

  it('takes everything for a desktop from its environment', async () => {
    const agent = start([], {
      HELIX_API_BASE_URL: api.url,
      USER_API_TOKEN: TOKEN,
      RUNNER_TOKEN: 'not-this-one',
      WOLF_INSTANCE_ID: 'gpu-1',
      HELIX_SESSION_ID: SESSION,
    });
    await connected(`sandbox-${SESSION}`);
    expect(api.controls[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(agent.find('connecting')).toMatchObject({ local: '127.0.0.1:9876', server: api.url });
  });

  it('reads RUNNER_TOKEN_FILE again for each connection', async () => {
    const path = join(tmpdir(), `agent-token-${randomBytes(6).toString('hex')}`);
    await writeFile(path, 'first\n');
    const agent = start(['--tunnel', 'hydra-a=:9'], {
      HELIX_API_URL: api.url,
      RUNNER_TOKEN_FILE: path,
      RUNNER_TOKEN: 'unused',
    });
    await eventually(() => expect(agent.find('connected')).toBeDefined(), PROCESS_LIMIT_MS);
    await writeFile(path, 'second\n');
    api.controls[0]?.socket.destroy();
    await eventually(() =>
      expect(api.controls.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']),
    );
    await rm(path);
  });

  it('waits for a token file, and takes the first token of several', async () => {
    const path = join(tmpdir(), `agent-token-${randomBytes(6).toString('hex')}`);
    const agent = start(['--tunnel', 'hydra-a=:9'], { HELIX_API_URL: api.url, RUNNER_TOKEN_FILE: path });
    await eventually(
      () => expect(agent.find('not connected')).toMatchObject({ code: 'TOKEN_UNAVAILABLE' }),
      PROCESS_LIMIT_MS,
    );
    expect(agent.log[0]).toMatchObject({
      level: 'warn',
      msg: 'RUNNER_TOKEN_FILE: the file cannot be read or does not hold a token; it is waited for',
    });
    await writeFile(path, '');
    await writeFile(path, `${TOKEN},older\n`);
    await eventually(() => expect(agent.find('connected')).toBeDefined(), PROCESS_LIMIT_MS);
    expect(api.controls[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    await rm(path);
  });

  it('waits for a missing --ca-file, and ignores an unfit SSL_CERT_FILE', async () => {
    const agent = start(['--tunnel', 'hydra-a=:9', '--ca-file', '/nowhere/ca.pem'], {
      HELIX_API_URL: api.url.replace('http:', 'https:'),
      RUNNER_TOKEN: TOKEN,
      SSL_CERT_FILE: '/nowhere/certs.pem',
    });
    await eventually(
      () =>
        expect(agent.find('not connected')).toMatchObject({
          code: 'TLS_FAILED',
          problem: expect.stringContaining('--ca-file') as string,
        }),
      PROCESS_LIMIT_MS,
    );
    expect(agent.log.slice(0, 2).map(({ msg }) => msg)).toEqual([
      '--ca-file: the file cannot be read or holds no PEM certificate; it is waited for',
      'SSL_CERT_FILE: the file cannot be read or holds no PEM certificate; it is passed over',
    ]);
  });

  it('lists every fault at once, by name and not by value, and exits 1', async () => {
    const agent = start(
      [
        '-server',
        'ftp://secret-host',
        '--tunnel',
        'wolf-a',
        '--tunnel',
        'bad=x',
        '--sever=secret-1',
        '--transport',
        'secret-2',
        'secret-3',
        '--health-port',
        '70000',
        '--exit-on-refusal=secret-4',
      ],
      { RUNNER_TOKEN: 'secret 5' },
      false,
    );
    expect(await agent.exit).toEqual({ code: 1, signal: null });
    for (const name of [
      '-server: is not an http or https URL',
      '--tunnel 1: is not <runner-id>=<address>',
      '--tunnel 2: malformed runner id',
      '--tunnel 2: the local address is neither',
      '--sever: unknown flag',
      '--transport: is not one of auto, mux, mux-websocket, hijack, websocket',
      'argument 10: is not a flag',
      '--health-port: is not a whole number up to 65535',
      '--exit-on-refusal: takes no value',
      'RUNNER_TOKEN: is not a token',
    ]) {
      expect(agent.stderr).toContain(name);
    }
    expect(agent.stderr).not.toContain('secret');
    expect(agent.stdout).toBe('');
  });

  it.each<[string, string[], Record<string, string>, string]>([
    ['nothing', [], {}, '-server: missing'],
    ['no tunnel', [], {}, 'tunnels: none'],
    ['no token', ['--tunnel=wolf-a=:9'], {}, 'token: missing; set RUNNER_TOKEN or RUNNER_TOKEN_FILE'],
    ['no token of a user', [`--tunnel=sandbox-${SESSION}=:9`], {}, 'token: missing; set USER_API_TOKEN'],
    ['no local address', ['-runner-id=wolf-a'], {}, '-local: missing'],
    ['no runner id', ['-local=:9'], {}, '-runner-id: missing'],
    [
      'one id twice',
      [`--tunnel=sandbox-${SESSION}=:9`, `--tunnel=desktop-${SESSION}=:9`],
      {},
      '--tunnel 2: the same runner id twice',
    ],
    ['a flag without its value', ['-server'], {}, '--server: has no value'],
    [
      'a proxy of another kind',
      ['-server=http://api.example'],
      { ALL_PROXY: 'socks5://p' },
      'ALL_PROXY: is not the URL',
    ],
  ])('exits 1 when given %s', async (_what, args, environment, fault) => {
    const agent = start(args, environment, false);
    expect((await agent.exit).code).toBe(1);
    expect(agent.stderr).toContain(fault);
  });

  it('prints its usage and its version, and exits 0', async () => {
    const help = start(['--help']);
    const version = start(['-version']);
    expect((await help.exit).code).toBe(0);
    expect((await version.exit).code).toBe(0);
    expect(help.stdout).toContain('--tunnel ID=ADDRESS');
    expect(version.stdout).toMatch(/^revdial-agent \d+\.\d+\.\d+\n$/);
  });
});
