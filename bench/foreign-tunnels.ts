import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { accepts, freePort } from './bed-calls.js';
import { BenchChild } from './child.js';
import { findProgram } from './find-program.js';

export const FOREIGN_TUNNELS = ['ssh', 'chisel', 'frp'] as const;
export type ForeignTunnel = (typeof FOREIGN_TUNNELS)[number];

const PROGRAMS: Readonly<Record<ForeignTunnel, readonly string[]>> = {
  ssh: ['ssh', 'sshd', 'ssh-keygen'],
  chisel: ['chisel'],
  frp: ['frps', 'frpc'],
};

interface Ends {
  readonly folder: string;
  /** Port of the end that takes the link. */
  readonly serverPort: number;
  /** Where the other end finds it: a delaying proxy may stand before it. */
  readonly seenPort: number;
  /** On which the server's end listens for what goes through the tunnel. */
  readonly frontPort: number;
  readonly originPort: number;
}

/** Those of `wanted` whose programs are all there; what is missing of the others is told. */
export function foreignTunnelsHere(wanted: readonly ForeignTunnel[]): readonly ForeignTunnel[] {
  return wanted.filter((kind) => {
    const missing = PROGRAMS[kind].filter((name) => findProgram(name) === undefined);
    if (missing.length > 0) process.stderr.write(`  ${kind} is left out: ${missing.join(', ')} not found\n`);
    return missing.length === 0;
  });
}

/**
 * A tunnel of another make on loopback: with keys, ports and a folder of its own, and nothing of the user's configuration. `through`
 * is given the server's port and returns the one that the client's end is to use.
 */
export async function startForeignTunnel(
  kind: ForeignTunnel,
  originPort: number,
  through: (port: number) => Promise<number>,
): Promise<{ readonly frontPort: number; readonly stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
  const started: BenchChild[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const serverPort = await freePort();
    const frontPort = await freePort();
    const ends = { folder, serverPort, frontPort, originPort, seenPort: await through(serverPort) };
    await STARTS[kind](ends, (name, args) => {
      const child = BenchChild.startProgram(program(name), args);
      started.push(child);
      return child;
    });
    return { frontPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a program that is stopped with the tunnel. */
type Start = (name: string, args: readonly string[]) => BenchChild;

const STARTS: Readonly<Record<ForeignTunnel, (ends: Ends, start: Start) => Promise<void>>> = {
  ssh: startSsh,
  chisel: startChisel,
  frp: startFrp,
};

async function startSsh(ends: Ends, start: Start): Promise<void> {
  const file = (name: string): string => path.join(ends.folder, name);
  for (const name of ['host', 'user'])
    await promisify(execFile)(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file(name)]);
  const configuration = {
    ListenAddress: `127.0.0.1:${String(ends.serverPort)}`,
    HostKey: file('host'),
    AuthorizedKeysFile: file('user.pub'),
    PidFile: 'none',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    // The folder is ours, but the ones above it are shared.
    StrictModes: 'no',
    AllowTcpForwarding: 'yes',
    // A connection that only looks whether it listens is an error to it.
    LogLevel: 'FATAL',
  };
  const lines = Object.entries(configuration).map((pair) => `${pair.join(' ')}\n`);
  await writeFile(file('sshd_config'), lines.join(''));
  await listens(start('sshd', ['-D', '-e', '-f', file('sshd_config')]), ends);
  const options = {
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    GlobalKnownHostsFile: '/dev/null',
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    ExitOnForwardFailure: 'yes',
    LogLevel: 'ERROR',
  };
  start('ssh', [
    ...['-F', 'none', '-N', '-T', '-i', file('user'), '-p', String(ends.seenPort), '-l', os.userInfo().username],
    ...Object.entries(options).flatMap((pair) => ['-o', pair.join('=')]),
    ...['-R', `127.0.0.1:${String(ends.frontPort)}:127.0.0.1:${String(ends.originPort)}`, '127.0.0.1'],
  ]);
}

async function startChisel(ends: Ends, start: Start): Promise<void> {
  await listens(
    start('chisel', ['server', '--host', '127.0.0.1', '--port', String(ends.serverPort), '--reverse']),
    ends,
  );
  const remote = `R:127.0.0.1:${String(ends.frontPort)}:127.0.0.1:${String(ends.originPort)}`;
  const url = `http://127.0.0.1:${String(ends.seenPort)}`;
  start('chisel', ['client', url, remote]);
}

async function startFrp(ends: Ends, start: Start): Promise<void> {
  const serverFile = path.join(ends.folder, 'frps.toml');
  const clientFile = path.join(ends.folder, 'frpc.toml');
  await writeFile(
    serverFile,
    `bindAddr = "127.0.0.1"\nproxyBindAddr = "127.0.0.1"\nbindPort = ${String(ends.serverPort)}\nlog.level = "error"\n`,
  );
  await writeFile(
    clientFile,
    `serverAddr = "127.0.0.1"\nserverPort = ${String(ends.seenPort)}\nlog.level = "error"\n[[proxies]]\nname = "bench"\n` +
      `type = "tcp"\nlocalIP = "127.0.0.1"\nlocalPort = ${String(ends.originPort)}\nremotePort = ${String(ends.frontPort)}\n`,
  );
  await listens(start('frps', ['-c', serverFile]), ends);
  start('frpc', ['-c', clientFile]);
}

/** Rejects as soon as the program has ended. */
async function listens(server: BenchChild, { serverPort }: Ends): Promise<void> {
  await Promise.race([
    accepts(serverPort),
    server.ended.then((how) => Promise.reject(new Error(`it ended at once: ${how}`))),
  ]);
}

function program(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is not on the PATH`);
  return found;
}
