import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { stopAllChildren } from './child-processes.js';

/** How long a part of a bed may take to connect to another. */
const CONNECT_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Stops every process of the benchmark and removes its files. */
export async function removeBed(folder: string): Promise<void> {
  await stopAllChildren();
  await rm(folder, { recursive: true, force: true });
}

export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  limitMs: number = CONNECT_TIMEOUT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what} does not answer in time`);
    await delay(POLL_MS);
  }
}

export function connected(apiUrl: string, adminKey: string, runnerId: string): Promise<void> {
  return until(runnerId, async () => {
    const { runners } = await call(apiUrl, adminKey, 'GET', '/api/v1/admin/runners');
    return Array.isArray(runners) && runners.some((runner: { readonly id?: unknown }) => runner.id === runnerId);
  });
}

export async function call(
  url: string,
  key: string,
  method: string,
  route: string,
  body?: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url + route, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${route}: ${String(response.status)} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** Resolves when something on loopback takes connections to this port. */
export function accepts(port: number): Promise<void> {
  return until(`port ${String(port)}`, async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => {
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    socket.destroy();
    return isTaken;
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}
