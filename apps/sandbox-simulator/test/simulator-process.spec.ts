import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { DesktopStatus } from '@helix/sandbox-simulator';

import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';
import { lobbyBody, wolfRequest } from './wolf-request.js';

const SIMULATOR = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const AGENT = fileURLToPath(new URL('./fixtures/connecting-agent.mjs', import.meta.url));
/** Nothing listens there: the stand-in for an agent retries forever, which is all that these tests need. */
const API = 'http://127.0.0.1:1';

interface Ready {
  readonly msg: string;
  readonly instanceId: string;
  readonly controlUrl: string;
  readonly wolfSocket: string;
}

async function startSimulator(args: readonly string[]): Promise<{ simulator: ChildProcess; ready: Ready }> {
  const simulator = spawn(process.execPath, [SIMULATOR, '--agent-path', AGENT, ...args], {
    env: { PATH: process.env['PATH'], RUNNER_TOKEN: 'host-secret' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(simulator.stdout)) {
    const parsed = JSON.parse(line) as Ready;
    expect(line).not.toContain('host-secret');
    if (parsed.msg !== 'ready') continue;
    simulator.stdout.resume();
    return { simulator, ready: parsed };
  }
  throw new Error('the simulator ended before it was ready');
}

/** Process ids of the host's agent and of the one desktop with its agent, once all of them run. */
async function startDesktop(ready: Ready): Promise<readonly number[]> {
  await wolfRequest(
    ready.wolfSocket,
    'POST',
    '/lobbies/create',
    lobbyBody(['HELIX_SESSION_ID=ses_x', `HELIX_API_URL=${API}`]),
  );
  const pids: number[] = [];
  await eventually(async () => {
    const [desktop] = (await (await fetch(`${ready.controlUrl}/desktops`)).json()) as DesktopStatus[];
    const host = (await (await fetch(`${ready.controlUrl}/host`)).json()) as { agentPid: number | null };
    const found = [desktop?.desktopPid, desktop?.agentPid, host.agentPid];
    for (const pid of found) expect(pid).toEqual(expect.any(Number));
    pids.splice(0, Infinity, ...found.map((pid) => pid ?? 0));
  });
  expect(pids.map(isAlive)).toEqual([true, true, true]);
  return pids;
}

describe('the simulator as a process', () => {
  it('tells when it is ready and on SIGTERM ends with 0, leaving nothing behind', async () => {
    const { simulator, ready } = await startSimulator(['--api-url', API, '--instance-id', 'gpu-9']);
    expect(ready).toMatchObject({ instanceId: 'gpu-9', controlUrl: expect.stringMatching(/^http:\/\/127/) as string });
    const pids = await startDesktop(ready);
    simulator.kill('SIGTERM');
    expect(await once(simulator, 'exit')).toEqual([0, null]);
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(existsSync(dirname(ready.wolfSocket))).toBe(false);
  });

  it('takes its agents and desktops along when it is killed', async () => {
    const { simulator, ready } = await startSimulator(['--api-url', API]);
    const pids = await startDesktop(ready);
    simulator.kill('SIGKILL');
    await eventually(() => {
      expect(pids.map(isAlive)).toEqual([false, false, false]);
    });
    // The process that would remove it was killed.
    await rm(dirname(ready.wolfSocket), { recursive: true });
  });

  it('starts with the faults that its flags name', async () => {
    const { simulator, ready } = await startSimulator([
      '--slow-create',
      '7',
      '--create-times-out',
      '--desktops',
      'none',
    ]);
    const wolf = (await (await fetch(`${ready.controlUrl}/wolf`)).json()) as object;
    expect(wolf).toMatchObject({ faults: { createDelayMs: 7, createTimesOutLeavingLobby: true } });
    simulator.kill('SIGTERM');
    expect((await once(simulator, 'exit'))[0]).toBe(0);
  });

  it('crashes its Wolf after a while when told to', async () => {
    const { simulator, ready } = await startSimulator(['--crash-wolf-after', '0.05', '--desktops', 'none']);
    await eventually(async () => {
      await expect(wolfRequest(ready.wolfSocket, 'GET', '/lobbies')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
    simulator.kill('SIGTERM');
    expect((await once(simulator, 'exit'))[0]).toBe(0);
  });

  it('ends with 1 and every fault by name when it is misconfigured', async () => {
    const simulator = spawn(process.execPath, [SIMULATOR, '--era', 'bronze', '--api-url', 'nowhere'], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [complaint, [code]] = await Promise.all([text(simulator.stderr), once(simulator, 'exit')]);
    expect(code).toBe(1);
    expect(complaint).toContain('--era');
    expect(complaint).toContain('--api-url');
    expect(complaint).toContain('RUNNER_TOKEN');
  });
});
