import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '@helix/pacing/testing';
import { ManagedProcess, ROOT } from '../support/managed-process.js';

const RUNNER_TOKEN = 'runner-token-of-this-test';

describe('npm start under a supervisor', () => {
  it.each([
    ['SIGTERM to npm alone', 'SIGTERM', 'npm', 0],
    ['SIGTERM to the whole group', 'SIGTERM', 'group', 0],
    ['SIGINT to the whole group, as Ctrl-C sends it', 'SIGINT', 'group', 0],
    ['SIGHUP to the whole group, as a closed terminal sends it', 'SIGHUP', 'group', null],
  ] as const)(
    '%s: ends in order, and its PostgreSQL with it',
    async (_, signal, target, npmCode) => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-start-'));
      await chmod(folder, 0o711);
      const npm = spawn('npm', ['--silent', 'start'], {
        cwd: ROOT,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          HOST: '127.0.0.1',
          PORT: '0',
          RUNNER_TOKEN,
          HELIX_DATA_DIR: folder,
        },
      });
      try {
        let output = '';
        npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        // npm itself may be gone before its program is; the pipe closes with the last of them.
        const closed = once(npm, 'close');
        await eventually(() => {
          expect(output).toContain('"msg":"ready"');
        }, 60_000);
        const postgresPid = Number(/PostgreSQL started: pid (\d+)/.exec(output)?.[1]);
        expect(isAlive(postgresPid)).toBe(true);
        process.kill(target === 'npm' ? npm.pid! : -npm.pid!, signal);
        expect(await closed).toEqual([npmCode, npmCode === null ? signal : null]);
        expect(output).toContain('"msg":"closed"');
        expect(isAlive(postgresPid)).toBe(false);
      } finally {
        if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGKILL');
        await rm(folder, { recursive: true, force: true });
      }
    },
    90_000,
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('npm start', () => {
  it('names every fault of the configuration at once, never a value, and exits 1', async () => {
    const api = ManagedProcess.start('apps/api/dist/main.js', [], {
      PORT: 'eighty',
      RUNNER_TOKEN: 'too-short',
      SERVER_URL: 'ftp://secret-host',
      LOG_LEVEL: 'loud',
    });
    expect(await api.exit).toEqual({ code: 1, signal: null });
    const output = api.lines.join('\n');
    for (const name of ['PORT', 'RUNNER_TOKEN', 'SERVER_URL', 'LOG_LEVEL']) expect(output).toContain(`${name}: `);
    for (const value of ['eighty', 'too-short', 'secret-host', 'loud']) expect(output).not.toContain(value);
  });

  it('says on one JSON line when it serves, on its own PostgreSQL by default', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-start-'));
    await chmod(folder, 0o711);
    const settings = {
      HOST: '127.0.0.1',
      PORT: '0',
      RUNNER_TOKEN,
      HELIX_DATA_DIR: folder,
    };
    try {
      for (let round = 0; round < 2; round += 1) {
        const api = ManagedProcess.start('apps/api/dist/main.js', [], settings);
        const ready = await api.message('ready', 60_000);
        expect((await fetch(`${String(ready['url'])}/readyz`)).status).toBe(200);
        expect(await api.stop()).toEqual({ code: 0, signal: null });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 90_000);
});
