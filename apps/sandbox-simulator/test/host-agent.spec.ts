import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { pino } from 'pino';

import { HostAgent } from '../src/host/host-agent.js';
import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';

const RECORDING_AGENT = fileURLToPath(new URL('./fixtures/recording-agent.mjs', import.meta.url));

describe('the agent of a host', () => {
  let folder: string;
  let agent: HostAgent;
  let connectedCount: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'host-agent-'));
    connectedCount = 0;
    agent = new HostAgent({
      agentPath: RECORDING_AGENT,
      route: { server: 'https://127.0.0.1:4443/helix/', serverName: 'api.test' },
      tunnels: ['wolf-gpu-1=unix:///run/wolf.sock', `record=${join(folder, 'record.json')}`],
      runnerToken: 'host-secret',
      restartMs: 50,
      logger: pino({ level: 'silent' }),
      onConnected: () => (connectedCount += 1),
    });
    agent.start();
    await eventually(() => {
      expect(connectedCount).toBe(1);
      expect(agent.pid).toEqual(expect.any(Number));
    });
  });
  afterEach(async () => {
    await agent.close();
    await rm(folder, { recursive: true });
  });

  it('gets its tunnels and server by flags and its token by environment only', async () => {
    const record = JSON.parse(await readFile(join(folder, 'record.json'), 'utf8')) as { args: string[]; token: string };
    expect(record.args).toEqual([
      '--server',
      'https://127.0.0.1:4443/helix/api/v1/revdial',
      '--server-name',
      'api.test',
      '--tunnel',
      'wolf-gpu-1=unix:///run/wolf.sock',
      '--tunnel',
      `record=${join(folder, 'record.json')}`,
    ]);
    expect(record.token).toBe('host-secret');
    expect(record.args.join(' ')).not.toContain('host-secret');
  });

  it('comes back after it was killed, as another process', async () => {
    const before = agent.pid ?? 0;
    expect(agent.kill()).toBe(true);
    await eventually(() => {
      expect(connectedCount).toBe(2);
      expect(agent.pid).toEqual(expect.any(Number));
    });
    expect(agent.pid).not.toBe(before);
    expect(agent.startCount).toBe(2);
    expect(isAlive(before)).toBe(false);
  });

  it('restarts after the given delay, and close does not wait for that', async () => {
    agent.kill(60_000);
    await eventually(() => {
      expect(agent.pid).toBeUndefined();
    });
    expect(agent.kill()).toBe(false);
    await agent.close();
    expect(agent.startCount).toBe(1);
  });

  it('is gone after close', async () => {
    const pid = agent.pid ?? 0;
    await agent.close();
    expect(isAlive(pid)).toBe(false);
    expect(agent.startCount).toBe(1);
  });
});
