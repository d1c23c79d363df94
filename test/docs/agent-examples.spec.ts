import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { parse } from 'yaml';

import { readAgentInvocation } from '../../apps/revdial-agent/src/settings/agent-settings.js';
import { readDocument } from './markdown-table.js';

const document = readDocument('agent.md');

function example(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(document)?.[1];
  if (found === undefined) throw new Error(`docs/agent.md has no example in ${language}`);
  return found;
}

function startsWith(flags: readonly string[], environment: Readonly<Record<string, string>>): void {
  const invocation = readAgentInvocation(flags, environment);
  expect(invocation).toMatchObject({ kind: 'run', settings: { healthPort: 8099 } });
}

describe('the compose file in docs/agent.md', () => {
  interface Example {
    readonly services: {
      readonly agent: {
        readonly environment: Readonly<Record<string, string>>;
        readonly command: readonly string[];
        readonly secrets: readonly string[];
        readonly healthcheck: { readonly test: readonly string[] };
      };
    };
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  }
  const compose = parse(example('yaml')) as Example;
  const { agent } = compose.services;

  it('defines every secret that its service uses, and the token file is one of them', () => {
    expect(Object.keys(compose)).toEqual(['services', 'secrets']);
    expect(Object.keys(compose.secrets)).toEqual(agent.secrets);
    expect(Object.values(compose.secrets).map(({ file }) => path.isAbsolute(file) || file.startsWith('./'))).toEqual([
      true,
    ]);
    expect(agent.environment['RUNNER_TOKEN_FILE']).toBe(`/run/secrets/${agent.secrets[0] ?? ''}`);
  });

  it('starts the agent with known flags and variables, and asks the port it serves', () => {
    startsWith(agent.command, agent.environment);
    expect(agent.healthcheck.test.join(' ')).toContain('http://127.0.0.1:8099/healthz');
  });
});

describe('the systemd unit in docs/agent.md', () => {
  const unit = example('ini');
  const values = (name: string): string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  it('starts the agent again whatever it ended with, for ever', () => {
    expect([values('Restart'), values('StartLimitIntervalSec')]).toEqual([['always'], ['0']]);
    expect(unit).not.toContain('RestartPreventExitStatus');
  });

  it('takes the token from a file that can be replaced while it runs', () => {
    const environment = Object.fromEntries(
      values('Environment').map((line) => {
        const [name = '', ...value] = line.split('=');
        return [name, value.join('=').replace('%H', 'gpu-1')];
      }),
    );
    expect(environment['RUNNER_TOKEN_FILE']).toMatch(/^\/etc\//);
    expect(unit).not.toContain('LoadCredential');
    const [, , ...flags] = values('ExecStart')[0]?.split(' ') ?? [];
    startsWith(flags, environment);
  });

  const analyze = spawnSync('systemd-analyze', ['--version']);
  const isHere = analyze.error === undefined && analyze.status === 0;
  if (!isHere) process.stderr.write('SKIPPED: systemd-analyze is missing, the exposure of the unit is not looked at\n');
  (isHere ? it : it.skip)('exposes at most 4.0 of what systemd can take away', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'agent-unit-'));
    const file = path.join(folder, 'revdial-agent.service');
    writeFileSync(file, unit);
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    const exposure = /Overall exposure level for .*: (\d+\.\d+)/.exec(stdout)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(4);
  });
});
