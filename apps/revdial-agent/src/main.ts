#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { USAGE } from './cli/usage.js';
import { runDoctor } from './doctor/run-doctor.js';
import { runAgent } from './run-agent.js';
import { readAgentInvocation } from './settings/agent-settings.js';
import type { AgentSettings } from './settings/agent-settings.js';

/** Longest life after a signal: container runtimes kill after 10 s. */
const STOP_LIMIT_MS = 9_000;

/** The status for "internal software error" of BSD's sysexits, apart from our own. */
const DEFECT = 70;

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
    // The sockets of a link keep the process alive until their far end lets go; nothing is left to wait for.
    process.exit(await run(invocation.settings));
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

async function run(settings: AgentSettings): Promise<number> {
  // Writes over the arguments in the process list.
  if (settings.isTokenOnCommandLine) process.title = 'revdial-agent';
  const stop = new AbortController();
  // The last resort: it ends in order all the same, so that the API hears that the links end.
  process.on('uncaughtException', (error, origin) => {
    process.stderr.write(`revdial-agent: defect (${origin}): ${error.stack ?? error.message}\n`);
    process.exitCode = DEFECT;
    stop.abort();
    setTimeout(() => {
      process.exit(DEFECT);
    }, STOP_LIMIT_MS);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop.abort();
      setTimeout(() => {
        process.exit(0);
      }, STOP_LIMIT_MS);
    });
  }
  const code = await runAgent(settings, stop.signal);
  return process.exitCode === DEFECT ? DEFECT : code;
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}
