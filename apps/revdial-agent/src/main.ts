#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { guardOutput, openProgramLog, ProgramEnd } from '@helix/program';
import { USAGE } from './settings/flags.js';
import { runDoctor } from './doctor/run-doctor.js';
import { runAgent } from './run-agent.js';
import { readAgentInvocation } from './settings/agent-settings.js';
import type { AgentSettings } from './settings/agent-settings.js';

/** Longest life after a signal: container runtimes kill after 10 s. */
const STOP_LIMIT_MS = 9_000;

guardOutput();
const invocation = readAgentInvocation(process.argv.slice(2), process.env);
switch (invocation.kind) {
  case 'help':
    process.stdout.write(USAGE);
    break;
  case 'version':
    process.stdout.write(`revdial-agent ${readVersion()}\n`);
    break;
  case 'faults':
    process.stderr.write(
      `revdial-agent: misconfigured\n${invocation.faults.map((fault) => `  ${fault}\n`).join('')}--help lists flags and variables\n`,
    );
    process.exitCode = 1;
    break;
  case 'run':
    await run(invocation.settings);
    break;
  case 'doctor':
    process.exitCode = await examine(invocation.settings, invocation.isJson);
    break;
  default:
    invocation satisfies never;
}

async function examine(settings: AgentSettings, isJson: boolean): Promise<number> {
  const stop = new AbortController();
  // A signal ends a run of the doctor as it ends any command.
  return runDoctor(settings, isJson, stop.signal, (text) => {
    process.stdout.write(text);
  });
}

async function run(settings: AgentSettings): Promise<never> {
  // Writes over the arguments in the process list.
  if (settings.isTokenOnCommandLine) process.title = 'revdial-agent';
  const log = openProgramLog({ app: 'revdial-agent', level: settings.logLevel });
  const end = new ProgramEnd({ log, limitMs: STOP_LIMIT_MS });
  // The sockets of a link keep the process alive until their far end closes them; nothing is left to wait for.
  return end.exit(await runAgent(settings, end.asked, log.logger));
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}
