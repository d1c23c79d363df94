import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/managed-process.js';

describe("README's recipe for three terminals", () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const [, recipe = ''] = /By hand, in three terminals[^`]*```sh\n(.*?)\n```/s.exec(readme) ?? [];
  // A command may go over several lines.
  const commands = recipe.replaceAll('\\\n', '').split('\n');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'helix-readme-'));
  const shell = (command: string): string =>
    execFileSync('/bin/sh', ['-c', command], { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('makes the secrets once, and every terminal has the same', () => {
    const making = commands.filter((command) => command.includes('> dev.env'));
    expect(making).toHaveLength(1);
    shell(making[0] ?? '');
    expect(statSync(path.join(folder, 'dev.env')).size).toBeGreaterThan(0);
    const reading = commands.flatMap((command) => /^\. \.\/dev\.env && /.exec(command) ?? []);
    const seen = reading.map((read) => shell(`${read}echo "$RUNNER_TOKEN $ADMIN_API_KEY"`));
    expect(seen).toHaveLength(3);
    expect(seen[0]).toMatch(/^[0-9a-f]{48} hl-[0-9a-f]{48}\n$/);
    expect(new Set(seen).size).toBe(1);
  });

  it('starts only what package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...recipe.matchAll(/npm (?:run )?([a-z]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'ci');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
    expect(named).toEqual(['build', 'start', 'simulator']);
  });

  it('each script that runs Node replaces its shell, so that signals to npm arrive', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const long = ['demo', 'test', 'start', 'agent', 'simulator', 'test:nightly', 'bench'];
    expect(long.filter((name) => scripts[name]?.startsWith('exec node ') !== true)).toEqual([]);
  });
});
