import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventually } from '@helix/pacing/testing';

const FIXTURE = fileURLToPath(new URL('fixtures/program.mjs', import.meta.url));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What it said so far. */
  lines(): Record<string, unknown>[];
  messages(): unknown[];
}

function start(what: string, stdio: StdioOptions = ['ignore', 'pipe', 'pipe']): Program {
  const child = spawn(process.execPath, [FIXTURE, what], { stdio });
  children.add(child);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  const lines = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    // Not 'exit': the last lines may still be on their way.
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal })),
    lines,
    messages: () => lines().map(({ msg }) => msg),
  };
}

function said(program: Program, message: string): Promise<void> {
  return eventually(() => {
    expect(program.messages()).toContain(message);
  });
}

describe('the end of a program', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('is in order after %s', async (signal) => {
    const program = start('wait');
    await said(program, 'ready');
    program.child.kill(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.lines().at(-1)).toMatchObject({ app: 'fixture', level: 'info', signal, msg: 'closing' });
  });

  it.each(['SIGHUP', 'SIGKILL'] as const)('is in order when npm has died of %s', async (signal) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'helix-npm-'));
    try {
      const script = `exec '${process.execPath}' '${FIXTURE}' wait`;
      writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ scripts: { start: script } }));
      const npm = spawn('npm', ['--silent', 'start'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
      children.add(npm);
      let text = '';
      npm.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      // The program has the pipe, too: it closes when both have ended.
      const closed = once(npm, 'close');
      await eventually(() => expect(text).toContain('"ready"'));
      npm.kill(signal);
      await closed;
      expect(text).toContain('"parent":"gone","msg":"closing"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is in order when its terminal is closed', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'helix-terminal-'));
    const statusFile = path.join(folder, 'status');
    // The shell is what the kernel tells, and has to outlive its terminal to say how the program ended.
    const command = `trap 'kill -HUP $!' HUP; '${process.execPath}' '${FIXTURE}' wait & wait $!; wait $!; echo $? > '${statusFile}'`;
    const terminal = spawn('script', ['-qfc', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.add(terminal);
    try {
      let output = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      await eventually(() => {
        expect(output).toContain('"msg":"ready"');
      });
      terminal.kill('SIGKILL');
      await eventually(() => {
        expect(readFileSync(statusFile, 'utf8')).toBe('0\n');
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is in order when the parent that holds its channel has gone', async () => {
    const program = start('wait', ['ignore', 'pipe', 'pipe', 'ipc']);
    await said(program, 'ready');
    const exited = once(program.child, 'exit');
    program.child.disconnect();
    expect(await exited).toEqual([0, null]);
    await said(program, 'closing');
    expect(program.lines().at(-1)).toMatchObject({ parent: 'gone' });
  });

  it('a second signal after more than a second ends the program at once', async () => {
    const program = start('hang');
    await said(program, 'ready');
    program.child.kill('SIGTERM');
    await said(program, 'closing');
    const askedAt = performance.now();
    await eventually(() => {
      program.child.kill('SIGINT');
      expect(program.messages()).toContain('ending at once');
    });
    expect(performance.now() - askedAt).toBeGreaterThan(900);
    expect(await program.ended).toEqual({ code: 130, signal: null });
    expect(program.messages()).toEqual(['ready', 'closing', 'ending at once', 'ended at once']);
  });

  it.each([
    ['throw', 'thrown', 'uncaughtException'],
    ['reject', 'rejected', 'unhandledRejection'],
  ])('says what was not caught (%s) and ends with the code of a defect', async (what, message, origin) => {
    const program = start(what);
    expect(await program.ended).toEqual({ code: 70, signal: null });
    const defect = program.lines().find(({ level }) => level === 'fatal');
    expect(defect).toMatchObject({ origin, error: { message, stack: expect.stringContaining('program.mjs') } });
    expect(program.messages()).toContain('ended at once');
  });

  it('is the same on a full disk', async () => {
    const full = openSync('/dev/full', 'w');
    const program = start('throw', ['ignore', full, full]);
    closeSync(full);
    expect(await program.ended).toEqual({ code: 70, signal: null });
  });
});

describe('the log of a program', () => {
  it('has what libraries print and what Node warns of as lines of its own', async () => {
    const program = start('stray');
    await said(program, 'ready');
    await said(program, 'warning of Node or a library');
    expect(program.lines()).toEqual([
      expect.objectContaining({ level: 'info', msg: 'from console' }),
      expect.objectContaining({ level: 'error', msg: expect.stringContaining('Error: of a library') }),
      expect.objectContaining({ level: 'info', msg: 'ready' }),
      expect.objectContaining({ level: 'warn', error: expect.objectContaining({ message: 'take care' }) }),
    ]);
  });

  it('a stopped reader neither delays work nor grows memory; lost lines are counted', async () => {
    const program = start('flood', ['ignore', 'pipe', 'pipe']);
    program.child.stdout?.pause();
    const [figures] = (await once(program.child.stderr!.setEncoding('utf8'), 'data')) as [string];
    const { longestMs, heapBytes } = JSON.parse(figures) as { longestMs: number; heapBytes: number };
    expect(longestMs).toBeLessThan(1_000);
    expect(heapBytes).toBeLessThan(64 * 1024 * 1024);
    program.child.stdout?.resume();
    await eventually(() => {
      expect(program.lines().at(-1)).toMatchObject({ level: 'warn', lostCount: expect.any(Number) });
    });
    const lines = program.lines();
    const lostCount = lines.reduce((sum, line) => sum + Number(line['lostCount'] ?? 0), 0);
    expect(lines.filter(({ msg }) => msg === 'said').length + lostCount).toBeGreaterThanOrEqual(20_000);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('ends a program within its bound although the reader stays stopped', async () => {
    const program = start('flood');
    program.child.stdout?.pause();
    await once(program.child.stderr!, 'data');
    const exited = once(program.child, 'exit');
    program.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
