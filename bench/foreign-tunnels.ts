import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { accepts, freePort } from './bed-calls.js';
import { BenchChild } from './child.js';
import { findProgram } from './find-program.js';

export type ForeignTunnel = 'ssh' | 'chisel' | 'frp';

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

/** Those whose programs are all there. */
export function foreignTunnelsHere(): readonly ForeignTunnel[] {
  const kinds = Object.keys(PROGRAMS) as ForeignTunnel[];
  return kinds.filter((kind) => PROGRAMS[kind].every((name) => findProgram(name) !== undefined));
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
  const serverPort = await freePort();
  const frontPort = await freePort();
  const ends = { folder, serverPort, frontPort, originPort };
  const [server, client] = await STARTS[kind]({ ...ends, seenPort: await through(serverPort) });
  return {
    frontPort,
    stop: async () => {
      await client.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const STARTS: Readonly<Record<ForeignTunnel, (ends: Ends) => Promise<readonly [BenchChild, BenchChild]>>> = {
  ssh: startSsh,
  chisel: startChisel,
  frp: startFrp,
};

async function startSsh(ends: Ends): Promise<readonly [BenchChild, BenchChild]> {
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
    // The folder is ours, but the ones above it are everybody's.
    StrictModes: 'no',
    AllowTcpForwarding: 'yes',
    // Whoever only looks whether it listens is an error to it.
    LogLevel: 'FATAL',
  };
  const lines = Object.entries(configuration).map((pair) => `${pair.join(' ')}\n`);
  await writeFile(file('sshd_config'), lines.join(''));
  const server = BenchChild.startProgram(program('sshd'), ['-D', '-e', '-f', file('sshd_config')]);
  await accepts(ends.serverPort);
  const options = {
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    GlobalKnownHostsFile: '/dev/null',
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    ExitOnForwardFailure: 'yes',
    LogLevel: 'ERROR',
  };
  const client = BenchChild.startProgram(program('ssh'), [
    ...['-F', 'none', '-N', '-T', '-i', file('user'), '-p', String(ends.seenPort), '-l', os.userInfo().username],
    ...Object.entries(options).flatMap((pair) => ['-o', pair.join('=')]),
    ...['-R', `127.0.0.1:${String(ends.frontPort)}:127.0.0.1:${String(ends.originPort)}`, '127.0.0.1'],
  ]);
  return [server, client];
}

async function startChisel(ends: Ends): Promise<readonly [BenchChild, BenchChild]> {
  const server = BenchChild.startProgram(program('chisel'), [
    ...['server', '--host', '127.0.0.1', '--port', String(ends.serverPort), '--reverse'],
  ]);
  await accepts(ends.serverPort);
  const remote = `R:127.0.0.1:${String(ends.frontPort)}:127.0.0.1:${String(ends.originPort)}`;
  const url = `http://127.0.0.1:${String(ends.seenPort)}`;
  return [server, BenchChild.startProgram(program('chisel'), ['client', url, remote])];
}

async function startFrp(ends: Ends): Promise<readonly [BenchChild, BenchChild]> {
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
  const server = BenchChild.startProgram(program('frps'), ['-c', serverFile]);
  await accepts(ends.serverPort);
  return [server, BenchChild.startProgram(program('frpc'), ['-c', clientFile])];
}

function program(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is not on the PATH`);
  return found;
}
