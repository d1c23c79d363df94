/**
 * The main job on one machine: the API with its own PostgreSQL, a simulated GPU host that connects back through the real
 * agent, a session placed on it, and the desktop's 4K screenshot through the tunnel.
 *
 *   npm run demo                       keeps running until Ctrl-C
 *   npm run demo -- --once             exits after the check: 0 when everything worked
 *   npm run demo -- --once --json      prints the result as one JSON line, last
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled } from './ensure-ready.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const INSTANCE_ID = 'local';
const STEP_TIMEOUT_MS = 60_000;
const PARENT_POLL_MS = 1_000;

const { values: options } = parseArgs({
  options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});

const children = [];
let folder;
let stopping = false;

let done = false;
// Ending the demo that runs is what it is there for; ending it half-way is a failure. A second signal is the same wish.
const end = (why, code) => {
  if (!stopping && !done && options.json) {
    process.stdout.write(`${JSON.stringify({ ok: false, error: `ended by ${why}` })}\n`);
  }
  void finish(done ? 0 : code);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => end(signal, 128 + os.constants.signals[signal]));
}
// The terminal may be closed, or the reader gone: that ends nothing by itself.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// Without npm, which was killed, nothing is left that a user could end.
if (process.env.npm_lifecycle_event === 'demo') {
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) end('the end of npm', 1);
  }, PARENT_POLL_MS).unref();
}

try {
  const result = await run();
  done = true;
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (options.once) await finish(0);
} catch (error) {
  if (!stopping) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\nThe demo failed: ${message}\n`);
    for (const child of children) {
      if (child.tail.length > 0) process.stderr.write(`\nLast lines of ${child.label}:\n${child.tail.join('\n')}\n`);
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, error: message })}\n`);
    await finish(1);
  }
}

async function run() {
  await step('install', () => ensureInstalled({ quiet: true }));
  await step('build', () => ensureBuilt({ quiet: true }));
  folder = await mkdtemp(path.join(os.tmpdir(), 'helix-demo-'));
  // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
  await chmod(folder, 0o711);

  const runnerToken = randomBytes(24).toString('base64url');
  const adminKey = `hl-${randomBytes(24).toString('base64url')}`;
  const moonlight = { MOONLIGHT_CREDENTIALS: randomBytes(24).toString('base64url') };
  let url = '';

  const readyMs = await step('database and API', async () => {
    const startedAt = performance.now();
    const startOn = async (port) => {
      url = `http://127.0.0.1:${String(port)}`;
      await start('api', ['apps/api/dist/main.js'], {
        HOST: '127.0.0.1',
        PORT: String(port),
        SERVER_URL: url,
        HELIX_DATA_DIR: path.join(folder, 'data'),
        RUNNER_TOKEN: runnerToken,
        ADMIN_API_KEY: adminKey,
        ...moonlight,
        LOG_LEVEL: 'info',
      });
    };
    // 8080 is easy to type; another demo, or anything else, may have it already, or take it this very moment.
    if (!(await isFree(8080))) await startOn(await freePort());
    else await startOn(8080).catch(async () => startOn(await freePort()));
    return performance.now() - startedAt;
  });
  const admin = restClient(url, adminKey);

  const simulator = await step('simulated GPU host', () =>
    start('simulator', ['apps/sandbox-simulator/dist/main.js', '--api-url', url, '--instance-id', INSTANCE_ID], {
      RUNNER_TOKEN: runnerToken,
      ...moonlight,
    }),
  );
  await step('host connected', () => runnerConnected(admin, `wolf-${INSTANCE_ID}`));

  const { key } = await admin('POST', '/api/v1/admin/api-keys', { user_id: 'demo', name: 'demo' });
  const user = restClient(url, key);
  let session;
  const runningMs = await step('session placed', async () => {
    const startedAt = performance.now();
    session = await user('POST', '/api/v1/external-agents', { name: 'Demo desktop' });
    if (session.status !== 'running') throw new Error(`the session is ${session.status}, not running`);
    return performance.now() - startedAt;
  });
  const sandbox = `sandbox-${session.session_id}`;
  await step('desktop connected', () => runnerConnected(admin, sandbox));

  const picturePath = path.join(folder, 'screenshot.png');
  let screenshot;
  const screenshotMs = await step('screenshot', async () => {
    const startedAt = performance.now();
    const response = await fetch(`${url}/api/v1/external-agents/${session.session_id}/screenshot`, {
      headers: { Authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(STEP_TIMEOUT_MS),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const tookMs = performance.now() - startedAt;
    await writeFile(picturePath, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    screenshot = {
      status: response.status,
      contentType: response.headers.get('content-type'),
      ...pngSize(bytes),
      bytes: bytes.length,
      sha256,
      sameAsSource: await wasServed(simulator.controlUrl, session.session_id, sha256),
    };
    return tookMs;
  });

  const connected = (await admin('GET', '/api/v1/admin/runners')).runners
    .filter((runner) => runner.state === 'connected' && (runner.kind === 'wolf' || runner.kind === 'sandbox'))
    .map((runner) => runner.id)
    .sort((one, other) => Number(one.startsWith('sandbox')) - Number(other.startsWith('sandbox')));
  const ok =
    screenshot.status === 200 &&
    screenshot.contentType === 'image/png' &&
    screenshot.width === 3840 &&
    screenshot.height === 2160 &&
    screenshot.sameAsSource;
  if (!ok) throw new Error(`the screenshot is not what the desktop served: ${JSON.stringify(screenshot)}`);
  const result = {
    ok,
    sessionId: session.session_id,
    wolfInstanceId: session.wolf_instance_id,
    runners: connected,
    screenshot,
    ms: { ready: Math.round(readyMs), running: Math.round(runningMs), screenshot: Math.round(screenshotMs) },
  };
  const share = await user('POST', `/api/v1/sessions/${session.session_id}/shares`, { role: 'control', label: 'demo' });
  summarise(result, { url, key, adminKey, picturePath, viewUrl: share.url });
  return result;
}

function summarise(result, { url, key, adminKey, picturePath, viewUrl }) {
  const { screenshot } = result;
  say(`
A ${String(screenshot.width)} x ${String(screenshot.height)} screenshot of ${String(screenshot.bytes)} bytes came through the tunnel, the same bytes that the desktop served.

  API          ${url}
  session      ${result.sessionId} on ${result.wolfInstanceId}
  user key     ${key}
  admin key    ${adminKey}${options.once ? '' : `\n  picture      ${picturePath}`}`);
  if (options.once) return;
  say(`
See and use the desktop in a browser (a clock, and what you type reaches the simulated host):

  ${viewUrl}

Try next:

  curl -H "Authorization: Bearer ${key}" -o shot.png "${url}/api/v1/external-agents/${result.sessionId}/screenshot"
  curl -H "Authorization: Bearer ${key}" "${url}/api/v1/sessions/${result.sessionId}"
  curl -H "Authorization: Bearer ${adminKey}" "${url}/api/v1/admin/runners"
  curl -H "Authorization: Bearer ${key}" -X DELETE "${url}/api/v1/sessions/${result.sessionId}/stop-external-agent"

Ctrl-C ends the demo and removes its data.`);
}

/** Says how it goes while it goes; resolves with the work's own result. */
async function step(label, work) {
  const startedAt = performance.now();
  say(`  ${label} …`);
  const result = await work();
  say(`  ${label}: done in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  return result;
}

/** Progress; on standard error where standard output is for a program. */
function say(text) {
  (options.json ? process.stderr : process.stdout).write(`${text}\n`);
}

/** Starts one of our processes and resolves with its `ready` line. */
function start(label, [script, ...args], environment) {
  const child = spawn(process.execPath, [path.join(ROOT, script), ...args], {
    cwd: ROOT,
    env: { ...withoutOurSettings(process.env), ...environment },
    // A channel, by which it notices that this process was killed, and a group of its own: a Ctrl-C is for this process, which
    // ends them in their order.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const record = { label, child, tail: [] };
  children.push(record);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${label} is not ready after ${String(STEP_TIMEOUT_MS / 1_000)} s`)),
      STEP_TIMEOUT_MS,
    );
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new Error(`${label} ended (${String(code ?? signal)})`));
    });
    let rest = '';
    const take = (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        record.tail.push(line);
        if (record.tail.length > 15) record.tail.shift();
        if (!line.includes('"msg":"ready"')) continue;
        clearTimeout(timer);
        resolve(JSON.parse(line));
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
  });
}

/** What happens to be set around the demo must not configure its parts. */
function withoutOurSettings(environment) {
  const ours =
    /^(?:HELIX_|RUNNER_TOKEN|USER_API_TOKEN|DATABASE_|ADMIN_|SERVER_URL|SANDBOX_|WOLF_|DESKTOP_|SIM_|MOONLIGHT_|STREAM|ICE_|ALLOWED_ORIGINS|VIEW_ONLY_|PORT$|HOST$|MAX_SANDBOXES$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.test(name)));
}

function restClient(url, key) {
  return async (method, route, body) => {
    const response = await fetch(url + route, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(STEP_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route} answered ${String(response.status)}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

async function runnerConnected(admin, id) {
  const endsAt = performance.now() + STEP_TIMEOUT_MS;
  while (performance.now() < endsAt) {
    const { runners } = await admin('GET', '/api/v1/admin/runners');
    if (runners.some((runner) => runner.id === id && runner.state === 'connected')) return;
    await delay(50);
  }
  throw new Error(`${id} has not connected`);
}

/** Asks the desktop itself which pictures it has served. */
async function wasServed(controlUrl, sessionId, sha256) {
  const desktops = await (await fetch(`${controlUrl}/desktops`)).json();
  const desktop = desktops.find((one) => one.sessionId === sessionId);
  if (desktop === undefined) return false;
  const served = await (await fetch(`http://127.0.0.1:${String(desktop.port)}/__simulator/served`)).json();
  return served.some((picture) => picture.sha256 === sha256);
}

/** Width and height as the header of a PNG says them; zero for anything else. */
function pngSize(bytes) {
  const isPng = bytes.length > 24 && bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'));
  return isPng ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : { width: 0, height: 0 };
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Ends the children in the order of their needs, removes the data, and exits. */
async function finish(code) {
  if (stopping) return;
  stopping = true;
  for (const { child } of [...children].reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([ended, delay(15_000).then(() => child.kill('SIGKILL'))]);
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  process.exit(code);
}
