import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import pg from 'pg';

import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
import { findFreePort, findPostmaster, isRunning, stopPostmaster } from './postmaster.js';

/** Real: initdb, the server, its processes, the disk. The owner that is killed runs the built launcher. */
const built = fileURLToPath(new URL('../dist/embedded-postgres.js', import.meta.url));

const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];
const owners: ChildProcess[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'helix-embedded-spec-'));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string, more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ dataDir, durable: false, log: () => undefined, ...more });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return (await connection.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await connection.end();
  }
}

/** Another process that starts the server and then only waits; resolves with the server's pid. */
async function startInOtherProcess(
  dataDir: string,
  durable = false,
): Promise<{ owner: ChildProcess; pid: number; url: string }> {
  const script = `
    const { EmbeddedPostgres } = await import(${JSON.stringify(built)});
    const { pid, url } = await EmbeddedPostgres.start({ dataDir: ${JSON.stringify(dataDir)}, durable: ${durable}, log: () => {} });
    console.log(JSON.stringify({ pid, url }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(owner);
  for await (const line of createInterface({ input: owner.stdout })) {
    const { pid, url } = JSON.parse(line) as { pid: number; url: string };
    return { owner, pid, url };
  }
  throw new Error('the owner ended before its server was ready');
}

async function killOwner(owner: ChildProcess): Promise<void> {
  const exited = once(owner, 'exit');
  owner.kill('SIGKILL');
  await exited;
}

afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
  await Promise.all(servers.splice(0).map((server) => server.close()));
  for (const folder of folders.splice(0)) {
    const cluster = join(folder, 'cluster');
    const left = await findPostmaster(cluster);
    await (left === undefined ? undefined : stopPostmaster(left.pid, cluster));
    await rm(folder, { recursive: true, force: true });
  }
});

describe('EmbeddedPostgres', () => {
  it('serves UTF-8 on the loopback only, under a password that only its owner can read', async () => {
    const dataDir = await newFolder();
    const { url } = await start(dataDir);

    const [row] = await query(
      url,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('server_encoding') AS encoding, current_database() AS name, upper('é') AS upper`,
    );
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '', encoding: 'UTF8', name: 'helix', upper: 'É' });
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);

    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps data and address over a restart, and leaves no process after close', async () => {
    const dataDir = await newFolder();
    const first = await start(dataDir, { durable: true });
    expect(await query(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await query(first.url, 'CREATE TABLE kept (word text)');
    await query(first.url, `INSERT INTO kept VALUES ('still here')`);
    await Promise.all([first.close(), first.close()]);
    expect(await isRunning(first.pid, join(dataDir, 'cluster'))).toBe(false);

    const second = await start(dataDir, { durable: true });
    expect(second.url).toBe(first.url);
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'still here' }]);
  });

  it('adopts the server of an owner that was killed', async () => {
    const dataDir = await newFolder();
    const { owner, pid, url } = await startInOtherProcess(dataDir);
    await killOwner(owner);

    const next = await start(dataDir);
    expect(next).toMatchObject({ adopted: true, pid, url });
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await next.close();
    expect(await isRunning(pid, join(dataDir, 'cluster'))).toBe(false);
  });

  it('refuses a folder whose server has a living owner with DATA_DIR_IN_USE', async () => {
    const dataDir = await newFolder();
    const { pid, url } = await startInOtherProcess(dataDir);

    await expect(start(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    expect(await isRunning(pid, join(dataDir, 'cluster'))).toBe(true);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('lets exactly one of two processes that start at once have the folder', async () => {
    const dataDir = await newFolder();
    const outcomes = await Promise.allSettled([start(dataDir), start(dataDir)]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(lost?.reason).toMatchObject({ code: 'DATA_DIR_IN_USE' });
    expect(await query(servers[0]?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('stops a left-over server with another password and reports why its own cannot start', async () => {
    const dataDir = await newFolder();
    const { owner, pid } = await startInOtherProcess(dataDir);
    await killOwner(owner);
    await writeFile(join(dataDir, 'password'), 'another-password', { mode: 0o600 });

    const warnings: string[] = [];
    const failure = start(dataDir, { log: (message, level) => level === 'warn' && warnings.push(message) });
    await expect(failure).rejects.toMatchObject({ code: 'START_FAILED' });
    expect(warnings[0]).toContain(String(pid));
    expect(await isRunning(pid, join(dataDir, 'cluster'))).toBe(false);
  });

  it.each([
    ['garbage', 'not a pid file at all'],
    ['nothing', ''],
    ['the number of a process that is gone', '4194000\n/elsewhere\n1\n5432\n\n127.0.0.1\n\nready\n'],
    ['the number of a living stranger', `${process.pid}\n/elsewhere\n1\n5432\n\n127.0.0.1\n\nready\n`],
  ])('starts over a pid file that holds %s', async (_what, text) => {
    const dataDir = await newFolder();
    await (await start(dataDir)).close();
    await writeFile(join(dataDir, 'cluster', 'postmaster.pid'), text, { mode: 0o600 });

    const { url, adopted } = await start(dataDir);
    expect(adopted).toBe(false);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('recovers after the server itself was killed', async () => {
    const dataDir = await newFolder();
    const { owner, pid, url } = await startInOtherProcess(dataDir, true);
    await query(url, 'CREATE TABLE kept (word text)');
    await killOwner(owner);
    process.kill(pid, 'SIGKILL');

    const next = await start(dataDir);
    expect(next.adopted).toBe(false);
    expect(await query(next.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 0 }]);
  });

  it('takes another port when the last one is occupied', async () => {
    const dataDir = await newFolder();
    const port = await findFreePort();
    await (await start(dataDir, { port })).close();
    const occupant = createServer().listen(port, '127.0.0.1');
    await once(occupant, 'listening');

    try {
      const { url } = await start(dataDir);
      expect(new URL(url).port).not.toBe(String(port));
    } finally {
      occupant.close();
    }
  });

  it('puts the end of the log into the error when the server cannot start', async () => {
    const dataDir = await newFolder();
    await (await start(dataDir)).close();
    await appendFile(join(dataDir, 'cluster', 'postgresql.conf'), '\nno_such_setting = 1\n');

    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('no_such_setting') as unknown,
    });
  });

  it('names the missing file when the password of a database is lost', async () => {
    const dataDir = await newFolder();
    await (await start(dataDir)).close();
    await rm(join(dataDir, 'password'));

    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'DATA_DIR_FOREIGN',
      message: expect.stringContaining(join(dataDir, 'password')) as unknown,
    });
  });

  it('aborts with ABORTED, and ignores what an interrupted initdb left behind', async () => {
    const dataDir = await newFolder();
    await expect(start(dataDir, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(stat(join(dataDir, 'cluster'))).rejects.toMatchObject({ code: 'ENOENT' });

    await mkdir(join(dataDir, 'initdb-halfway', 'cluster'), { recursive: true });
    const { url } = await start(dataDir);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('keeps its password over a restart', async () => {
    const dataDir = await newFolder();
    await (await start(dataDir)).close();
    const password = await readFile(join(dataDir, 'password'), 'utf8');
    await (await start(dataDir)).close();
    expect(await readFile(join(dataDir, 'password'), 'utf8')).toBe(password);
    expect(password.length).toBeGreaterThanOrEqual(32);
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('EmbeddedPostgres started by root', () => {
  it('runs the server as another user', async () => {
    const dataDir = await newFolder();
    await start(dataDir);
    expect((await stat(join(dataDir, 'cluster'))).uid).not.toBe(0);
  });

  it('names the folder that the server cannot enter and the remedy', async () => {
    const dataDir = await newFolder();
    const closed = join(dataDir, 'closed');
    await mkdir(closed, { mode: 0o700 });

    await expect(start(join(closed, 'db'))).rejects.toMatchObject({
      code: 'DATA_DIR_UNREACHABLE',
      message: expect.stringMatching(/HELIX_DATA_DIR.*chmod o\+x/s) as unknown,
    });
  });
});
