import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import pino from 'pino';

import { DesktopLauncher } from '../src/host/desktop-launcher.js';
import type { LobbyLaunch } from '../src/wolf/lobby-runner.js';
import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';

const SESSION = 'ses_01hx0000000000000000000abc';
const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const FAKE_AGENT = fixture('fake-agent.mjs');

interface AgentRecord {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

describe('the desktop launcher', () => {
  let folder: string;
  let record: string;
  let launcher: DesktopLauncher;

  const launch = (env: readonly string[]): LobbyLaunch => ({
    lobbyId: 'e6a2a5c6-0000-4000-8000-000000000001',
    lobbyName: 'Agent 0abc',
    type: 'docker',
    name: 'desk',
    image: 'desk:dev',
    runCommand: undefined,
    env,
    mounts: [],
    devices: [],
    ports: [],
    baseCreateJson: '{}',
    runnerStateFolder: '/state',
    video: { width: 3840, height: 2160, refreshRateHz: 60 },
  });
  const readRecord = async (): Promise<AgentRecord> => {
    let found: AgentRecord | undefined;
    await eventually(async () => {
      found = JSON.parse(await readFile(record, 'utf8')) as AgentRecord;
    });
    return found as AgentRecord;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'desktop-launcher-'));
    record = join(folder, 'record.json');
    launcher = new DesktopLauncher({
      agentPath: FAKE_AGENT,
      routeTo: (apiUrl) => Promise.resolve({ server: apiUrl }),
      logger: pino({ level: 'silent' }),
    });
  });
  afterEach(async () => {
    await launcher.close();
    await rm(folder, { recursive: true });
  });

  it("starts the agent with the runner's environment, the token never among its arguments", async () => {
    process.env['RUNNER_TOKEN'] = 'host-secret';
    const own = [
      'HELIX_SESSION_ID=ses_first',
      `HELIX_SESSION_ID=${SESSION}`,
      'HELIX_API_URL=http://api.test:8080',
      'HELIX_API_BASE_URL=http://base.test:8080/',
      'USER_API_TOKEN=session=secret',
      `FAKE_AGENT_RECORD=${record}`,
      'not a pair',
    ];
    await launcher.start(launch(own));
    delete process.env['RUNNER_TOKEN'];
    const { args, env } = await readRecord();
    await eventually(() => {
      expect(launcher.list()[0]?.port).toEqual(expect.any(Number));
    });
    const [status] = launcher.list();
    expect(args).toEqual([
      '--tunnel',
      `sandbox-${SESSION}=127.0.0.1:${String(status?.port)}`,
      '--server',
      'http://base.test:8080/api/v1/revdial',
    ]);
    const essentials = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS'];
    expect(Object.fromEntries(Object.entries(env).filter(([name]) => !essentials.includes(name)))).toEqual({
      HELIX_SESSION_ID: SESSION,
      HELIX_API_URL: 'http://api.test:8080',
      HELIX_API_BASE_URL: 'http://base.test:8080/',
      USER_API_TOKEN: 'session=secret',
      FAKE_AGENT_RECORD: record,
    });
    expect(status).toMatchObject({ sessionId: SESSION, image: 'desk:dev', lobbyId: launch([]).lobbyId });
    expect(status?.envKeys).toContain('USER_API_TOKEN');
    expect(JSON.stringify(status)).not.toContain('secret');
  });

  it('starts the agent before the screenshot server is up, and without waiting for either', async () => {
    const slow = new DesktopLauncher({
      agentPath: FAKE_AGENT,
      routeTo: (apiUrl) => Promise.resolve({ server: apiUrl }),
      logger: pino({ level: 'silent' }),
      bootDelayMs: 60_000,
    });
    const env = [`HELIX_SESSION_ID=${SESSION}`, 'HELIX_API_URL=http://api.test', `FAKE_AGENT_RECORD=${record}`];
    const running = await slow.start(launch(env));
    await readRecord();
    expect(slow.list()[0]?.port).toBeNull();
    await running.stop();
  });

  it('stops desktop and agent, and forgets them', async () => {
    const env = [`HELIX_SESSION_ID=${SESSION}`, 'HELIX_API_URL=http://api.test', `FAKE_AGENT_RECORD=${record}`];
    const running = await launcher.start(launch(env));
    const { pid } = await readRecord();
    const desktopPid = launcher.list()[0]?.desktopPid ?? 0;
    await running.stop();
    await running.exited;
    expect([isAlive(pid), isAlive(desktopPid)]).toEqual([false, false]);
    expect(launcher.list()).toEqual([]);
  });

  it('kills an agent that does not listen to SIGTERM', async () => {
    const env = [
      `HELIX_SESSION_ID=${SESSION}`,
      'HELIX_API_URL=http://api.test',
      `FAKE_AGENT_RECORD=${record}`,
      'FAKE_AGENT_STUBBORN=1',
    ];
    const running = await launcher.start(launch(env));
    const { pid } = await readRecord();
    await running.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('tells that a desktop is gone when it is killed, and takes its agent along', async () => {
    const env = [`HELIX_SESSION_ID=${SESSION}`, 'HELIX_API_URL=http://api.test', `FAKE_AGENT_RECORD=${record}`];
    const running = await launcher.start(launch(env));
    const { pid } = await readRecord();
    process.kill(launcher.list()[0]?.desktopPid ?? 0, 'SIGKILL');
    await running.exited;
    await eventually(() => {
      expect(isAlive(pid)).toBe(false);
    });
  });

  it('starts a desktop without an agent when the environment names no session or no API', async () => {
    await launcher.start(launch([`FAKE_AGENT_RECORD=${record}`, 'HELIX_API_URL=http://api.test']));
    await eventually(() => {
      expect(launcher.list()[0]?.port).toEqual(expect.any(Number));
    });
    expect(launcher.list()[0]).toMatchObject({ sessionId: launch([]).lobbyId, agentPid: null });
  });

  it('starts no desktop for a runner that is no container', async () => {
    const running = await launcher.start({ ...launch([]), type: 'process' });
    expect(launcher.list()).toEqual([]);
    await running.stop();
    await running.exited;
  });
});

describe('desktop and agent of a parent that is killed', () => {
  it('end with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'desktop-owner-'));
    const owner = spawn(process.execPath, [fixture('desktop-owner.mjs'), FAKE_AGENT, join(folder, 'record.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as { desktopPid: number; agentPid: number };
    expect([isAlive(pids.desktopPid), isAlive(pids.agentPid)]).toEqual([true, true]);
    owner.kill('SIGKILL');
    await eventually(() => {
      expect([isAlive(pids.desktopPid), isAlive(pids.agentPid)]).toEqual([false, false]);
    });
    await rm(folder, { recursive: true });
  });
});
