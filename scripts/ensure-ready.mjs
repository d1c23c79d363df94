/**
 * Makes a fresh clone ready to run: installs what package-lock.json names and builds what changed. Runs before anything is
 * installed, so it needs Node alone. Doing it twice costs a hash and an incremental compile.
 *
 * Nothing is printed on standard output, which belongs to the command that called this.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The same as `engines` in package.json: the first Node 20 with `require` of ES modules and zlib.crc32. */
const OLDEST_NODE = [20, 19];
const LOCK = path.join(ROOT, 'package-lock.json');
const INSTALLED_LOCK = path.join(ROOT, 'node_modules', '.package-lock.json');
/** What was installed, and for which kind of machine; times of files do not survive a copy or a checkout. */
const MACHINE = `${process.platform}-${process.arch}`;
const STAMP = path.join(ROOT, 'node_modules', '.helix-install');
/** Output of a quiet command that is kept for the case that it fails. */
const KEPT_OUTPUT_BYTES = 64 * 1024;

/** What went wrong, in words for the person at the terminal; its stack would tell him nothing. */
export class NotReadyError extends Error {}

/**
 * Installs unless node_modules is what package-lock.json asks for. `quiet` says nothing unless it fails.
 * @throws NotReadyError
 */
export async function ensureInstalled({ quiet = false } = {}) {
  checkNode();
  if (isInstalled()) return;
  const startedAt = Date.now();
  say(quiet, 'installing packages …');
  // Dev packages too, whatever NODE_ENV says: the compiler is one of them.
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], 'the installation', quiet);
  writeFileSync(STAMP, `${lockHash()} ${MACHINE}\n`);
  say(quiet, `installed in ${seconds(startedAt)}`);
}

/**
 * Builds what changed since the last build; installs first when that is needed. `quiet` says nothing unless it fails.
 * @throws NotReadyError
 */
export async function ensureBuilt({ quiet = false } = {}) {
  await ensureInstalled({ quiet });
  const startedAt = Date.now();
  say(quiet, 'building …');
  await run('npm', ['run', '--silent', 'build'], 'the build', quiet);
  say(quiet, `built in ${seconds(startedAt)}`);
}

/** Runs `main` and turns its failure into a message and exit code 1. */
export function runScript(main) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error instanceof NotReadyError ? error.message : error);
      process.exitCode = 1;
    },
  );
}

/**
 * Runs a program of this repository in the foreground; resolves with its exit code (128 and the signal's number when it was
 * killed). Signals go to the program, which decides when it is over.
 */
export function runForeground(program, args, environment = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', env: environment });
    // A terminal sends them to the whole group, so that the program may get one twice; a supervisor to this process only.
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const passOn = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, passOn);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new NotReadyError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}. Versions 20, 22 and 24 are tested.`,
  );
}

function isInstalled() {
  if (!existsSync(INSTALLED_LOCK)) return false;
  if (existsSync(STAMP)) {
    const [lock, machine] = readFileSync(STAMP, 'utf8').trim().split(' ');
    // Packages carry binaries, and a folder may be shared between two kinds of machine: a container and its host.
    if (machine !== MACHINE) return false;
    if (lock === lockHash()) return true;
  }
  // Installed by hand since: npm writes its own copy of the lock last of all.
  return statSync(INSTALLED_LOCK).mtimeMs >= statSync(LOCK).mtimeMs;
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex');
}

/** Runs npm with its output on standard error, or kept and shown only when it fails. */
async function run(program, args, what, quiet) {
  const shell = process.platform === 'win32';
  const child = spawn(program, args, { cwd: ROOT, env: cleanEnvironment(), shell, stdio: ['ignore', 'pipe', 'pipe'] });
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      if (quiet) kept = (kept + text).slice(-KEPT_OUTPUT_BYTES);
      else process.stderr.write(text);
    });
  }
  const ending = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${String(code)}`)));
  });
  if (ending === undefined) return;
  if (kept !== '') process.stderr.write(`${kept.trimEnd()}\n`);
  throw new NotReadyError(`${what} failed (${ending}): ${program} ${args.join(' ')}`);
}

/**
 * Inside `npm test` npm's own settings stand in the environment, and those of the outer call would steer the inner one:
 * a dry run installs nothing, `--omit=dev` leaves the compiler out.
 */
function cleanEnvironment() {
  const outer =
    /^npm_(?:lifecycle_|package_|command$|config_(?:dry_run|omit|only|production|global|workspaces?|json)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

function say(quiet, text) {
  if (!quiet) process.stderr.write(`${text}\n`);
}

function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
