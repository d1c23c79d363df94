import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ControlServer, type DesktopStatus, SimulatedGpuHost } from '@helix/sandbox-simulator';

import { eventually } from '@helix/pacing/testing';
import { isAlive } from './is-alive.js';
import { lobbyBody, wolfRequest } from './wolf-request.js';

const AGENT = fileURLToPath(new URL('./fixtures/connecting-agent.mjs', import.meta.url));
const SESSION = 'ses_01hx0000000000000000000abc';

describe('a simulated GPU host', () => {
  /** Stands in for the API: takes connections and notes the first line of each. */
  let api: Server;
  const connections = new Set<Socket>();
  const greetings: string[] = [];
  let apiUrl: string;
  let host: SimulatedGpuHost;
  let control: ControlServer;
  let controlUrl: string;

  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${controlUrl}${path}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };
  const create = (): Promise<unknown> =>
    wolfRequest(
      host.wolfSocket,
      'POST',
      '/lobbies/create',
      lobbyBody([`HELIX_SESSION_ID=${SESSION}`, `HELIX_API_URL=${apiUrl}`, 'USER_API_TOKEN=secret']),
    );
  const readyDesktop = async (): Promise<DesktopStatus> => {
    let found: DesktopStatus | undefined;
    await eventually(async () => {
      [found] = await ask<DesktopStatus[]>('/desktops');
      expect(found?.port).toEqual(expect.any(Number));
      expect(found?.agentPid).toEqual(expect.any(Number));
    });
    return found as DesktopStatus;
  };

  beforeEach(async () => {
    greetings.length = 0;
    api = createServer((socket) => {
      connections.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => connections.delete(socket));
      socket.once('data', (bytes) => greetings.push(bytes.toString()));
    });
    api.listen(0, '127.0.0.1');
    await once(api, 'listening');
    apiUrl = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`;
    host = new SimulatedGpuHost({
      apiUrl,
      instanceId: 'gpu-1',
      runnerToken: 'host-secret',
      agentPath: AGENT,
      agentRestartMs: 20,
      moonlightAddress: '127.0.0.1:8080',
    });
    await host.start();
    control = new ControlServer(host);
    controlUrl = await control.listen(0);
  });
  afterEach(async () => {
    await control.close();
    await host.close();
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => api.close(resolve));
  });

  it("serves Wolf's API on its socket and connects its agent with a tunnel to it", async () => {
    expect(await wolfRequest(host.wolfSocket, 'GET', '/lobbies')).toEqual({ success: true, lobbies: [] });
    await eventually(() => {
      const agentLine = greetings.find((line) => line.startsWith('--server'));
      expect(agentLine).toContain(
        `--tunnel wolf-gpu-1=unix://${host.wolfSocket} --tunnel moonlight-gpu-1=127.0.0.1:8080`,
      );
    });
    expect(greetings.filter((line) => line.startsWith('--server')).join()).not.toContain('host-secret');
  });

  it('beats its heart at the API', async () => {
    await eventually(() => {
      expect(greetings.join()).toContain('POST /api/v1/wolf-instances/gpu-1/heartbeat');
    });
  });

  it('runs a desktop with an agent for a lobby, and neither after the lobby was stopped', async () => {
    expect(await create()).toMatchObject({ success: true });
    const desktop = await readyDesktop();
    expect(desktop).toMatchObject({ sessionId: SESSION, image: 'desk:dev' });
    await eventually(() => {
      expect(greetings.join()).toContain(`--tunnel sandbox-${SESSION}=127.0.0.1:${String(desktop.port)}`);
    });
    const screenshot = await fetch(`http://127.0.0.1:${String(desktop.port)}/screenshot`);
    await screenshot.arrayBuffer();
    expect(screenshot.headers.get('content-type')).toBe('image/png');
    expect(await ask<unknown[]>(`/desktops/${SESSION}/served`)).toHaveLength(1);
    await wolfRequest(host.wolfSocket, 'POST', '/lobbies/stop', { lobby_id: desktop.lobbyId });
    await eventually(async () => {
      expect(await ask('/desktops')).toEqual([]);
    });
    expect([isAlive(desktop.desktopPid ?? 0), isAlive(desktop.agentPid ?? 0)]).toEqual([false, false]);
  });

  it('removes the lobby when its desktop dies', async () => {
    await create();
    await readyDesktop();
    await ask(`/desktops/${SESSION}/kill`, {});
    await eventually(async () => {
      expect(await wolfRequest(host.wolfSocket, 'GET', '/lobbies')).toEqual({ success: true, lobbies: [] });
    });
  });

  it('switches faults of Wolf and of a desktop while they run', async () => {
    await ask('/faults', { createTimesOutLeavingLobby: true, createTimeoutMs: 20 });
    expect(await create()).toEqual({ success: false, error: 'Lobby setup timed out' });
    expect(await ask('/wolf')).toMatchObject({ lobbyCount: 1, uncaughtExceptionCount: 0 });
    const desktop = await readyDesktop();
    await ask(`/desktops/${SESSION}/fault`, { mode: 'error500' });
    expect((await fetch(`http://127.0.0.1:${String(desktop.port)}/screenshot`)).status).toBe(500);
  });

  it('crashes Wolf and restarts it with nothing', async () => {
    await create();
    await ask('/faults', { wolfCrash: true });
    await expect(wolfRequest(host.wolfSocket, 'GET', '/lobbies')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await ask('/faults', { wolfRestart: true });
    expect(await wolfRequest(host.wolfSocket, 'GET', '/lobbies')).toEqual({ success: true, lobbies: [] });
  });

  it('kills its agent, which returns', async () => {
    await eventually(async () => {
      expect(await ask('/host')).toMatchObject({ agentPid: expect.any(Number) as number });
    });
    const before = host.status();
    expect(await ask('/host-agent/kill', { restartMs: 1 })).toEqual({ killed: true });
    await eventually(async () => {
      expect(await ask('/host')).toMatchObject({ agentStartCount: 2, agentPid: expect.any(Number) as number });
    });
    expect((await host.status()).agentPid).not.toBe((await before).agentPid);
  });

  it("cuts the agents' connections for real", async () => {
    await eventually(() => {
      expect(greetings.filter((line) => line.startsWith('--server'))).toHaveLength(1);
    });
    expect(await ask('/link/cut', {})).toEqual({ cut: 1 });
    await eventually(() => {
      expect(greetings.filter((line) => line.startsWith('--server'))).toHaveLength(2);
    });
  });

  it('unknown path: 404; unknown fault: 400', async () => {
    expect((await fetch(`${controlUrl}/nothing`)).status).toBe(404);
    expect((await fetch(`${controlUrl}/desktops/ses_none/served`)).status).toBe(404);
    expect((await fetch(`${controlUrl}/faults`, { method: 'POST', body: '{"gremlins":1}' })).status).toBe(400);
  });

  it('leaves nothing behind when it is closed', async () => {
    await create();
    const desktop = await readyDesktop();
    const { agentPid } = await host.status();
    const socketFolder = dirname(host.wolfSocket);
    await Promise.all([host.close(), host.close()]);
    const pids = [desktop.desktopPid, desktop.agentPid, agentPid];
    // A desktop's agent ends by itself when its desktop is gone.
    await eventually(() => {
      expect(pids.map((pid) => isAlive(pid ?? 0))).toEqual([false, false, false]);
    });
    expect(existsSync(socketFolder)).toBe(false);
  });
});
