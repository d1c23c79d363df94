import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { readBenchOptions } from './bench-options.js';

const FOLDER = path.dirname(new URL(import.meta.url).pathname);

const description = {
  name: 'sample',
  about: 'What it measures.',
  options: {
    seconds: { kind: 'number', min: 0.1, unit: 'seconds', default: 3, about: 'how long' },
    rtts: { kind: 'numbers', min: 0, unit: 'milliseconds', default: [0, 20], about: 'round trips' },
    transport: { kind: 'choice', choices: ['mux', 'gen1'], default: 'mux', about: 'which' },
    only: { kind: 'choices', choices: ['a', 'b'], about: 'which rows' },
    quick: { kind: 'switch', about: 'less' },
  },
} as const;

describe('the options of a benchmark', () => {
  it('have their defaults when nothing is given', () => {
    expect(readBenchOptions(description, [])).toEqual({
      kind: 'run',
      values: { seconds: 3, rtts: [0, 20], transport: 'mux', only: ['a', 'b'], quick: false },
    });
  });

  it('are what is given', () => {
    const args = ['--seconds', '0.5', '--rtts=0,100', '--transport', 'gen1', '--only', 'b', '--quick'];
    expect(readBenchOptions(description, args)).toEqual({
      kind: 'run',
      values: { seconds: 0.5, rtts: [0, 100], transport: 'gen1', only: ['b'], quick: true },
    });
  });

  it.each([
    [['--nope'], "Unknown option '--nope'"],
    [['soon'], "Unexpected argument 'soon'"],
    [['--seconds', '0'], '--seconds has to be a number of seconds, 0.1 or more'],
    [['--seconds', ''], '--seconds has to be a number of seconds, 0.1 or more'],
    [['--seconds', 'Infinity'], '--seconds has to be a number of seconds, 0.1 or more'],
    [['--rtts', '1,x'], '--rtts has to be numbers of milliseconds, 0 or more, with commas between'],
    [['--transport', 'tcp'], '--transport has to be one of mux, gen1'],
    [['--only', 'a,c'], '--only has to be some of a, b, with commas between'],
  ])('are refused in one sentence: %j', (args, what) => {
    const read = readBenchOptions(description, args);
    expect(read).toEqual({ kind: 'fault', text: expect.stringContaining(`bench sample: ${what}`) as string });
    expect(read.kind === 'fault' && read.text).not.toContain('\n');
  });

  it('are all in the help, with unit and default', () => {
    const read = readBenchOptions(description, ['--help', '--seconds', 'x']);
    expect(read.kind).toBe('help');
    const text = read.kind === 'help' ? read.text : '';
    expect(text).toContain('What it measures.');
    for (const name of Object.keys(description.options)) expect(text).toContain(`  --${name} `);
    expect(text).toContain('(a number of seconds, 0.1 or more; default: 3)');
  });
});

describe('each benchmark', () => {
  const names = readdirSync(FOLDER).flatMap((file) => {
    const text = file.endsWith('.ts') ? readFileSync(path.join(FOLDER, file), 'utf8') : '';
    const isBenchmark = text.startsWith('/**\n * `npm run bench -- ');
    return isBenchmark ? [file.slice(0, -3)] : [];
  });

  it('is listed', () => {
    const list = readFileSync(path.join(FOLDER, '../scripts/bench.mjs'), 'utf8');
    const listed = [...list.matchAll(/^ {2}'?([\w-]+)'?: '/gm)].map(([, name]) => name);
    expect(listed).toEqual(names);
    expect(names).toContain('tunnel');
  });

  it.each(names)('%s: has a help, and refuses what it does not know with 2', async (name) => {
    const program = path.join(FOLDER, 'dist', `${name}.js`);
    const run = promisify(execFile);
    expect((await run(process.execPath, [program, '--help'])).stdout).toContain(`npm run bench -- ${name} [options]`);
    const refused = await run(process.execPath, [program, '--nope']).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^bench .*--nope.*\n$/) as string,
    });
  });
});
