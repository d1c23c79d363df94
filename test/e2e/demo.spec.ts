import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '@helix/pacing/testing';
import { ROOT } from '../support/managed-process.js';

describe('npm run demo', () => {
  it('does the main job and says so in one JSON line', async () => {
    const child = spawn(process.execPath, ['scripts/demo.mjs', '--once', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let progress = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (progress += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
    expect([code, progress]).toEqual([0, expect.stringContaining('screenshot: done')]);
    const result = JSON.parse(lastLine) as Record<string, unknown>;
    expect(result).toEqual({
      ok: true,
      sessionId: expect.stringMatching(/^ses_[0-9a-z]{26}$/) as string,
      wolfInstanceId: 'local',
      runners: ['wolf-local', `sandbox-${String(result['sessionId'])}`],
      screenshot: {
        status: 200,
        contentType: 'image/png',
        width: 3840,
        height: 2160,
        bytes: expect.any(Number) as number,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        sameAsSource: true,
      },
      ms: {
        ready: expect.any(Number) as number,
        running: expect.any(Number) as number,
        screenshot: expect.any(Number) as number,
      },
    });
  }, 120_000);

  it('leaves no process behind when it is killed', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-killed-demo-'));
    await chmod(folder, 0o711);
    const child = spawn(process.execPath, ['scripts/demo.mjs', '--json'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TMPDIR: folder },
    });
    try {
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      await eventually(() => {
        expect(output).toContain('"ok":true');
      }, 100_000);
      const started = descendantsOf(child.pid!);
      // API, database and its workers, simulator, agents, a desktop.
      expect(started.length).toBeGreaterThan(6);
      child.kill('SIGKILL');
      await eventually(() => {
        expect(processes().filter(({ pid }) => started.includes(pid))).toEqual([]);
      }, 20_000);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  }, 150_000);
});

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

function processes(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = '', state, parent] =
          /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        // What is dead and only waits to be reaped has ended.
        return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), name }];
      } catch {
        return [];
      }
    });
}

function descendantsOf(pid: number): readonly number[] {
  const children = processes().filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child.pid, ...descendantsOf(child.pid)]);
}
