import { parseLocalAddress, parseRunnerId } from '@helix/revdial';
import type { LocalAddress, RunnerKind } from '@helix/revdial';
import type { ParsedFlags } from './flags.js';
import { findVariable } from './environment.js';
import type { Environment } from './environment.js';

export interface TunnelSettings {
  /** As it was written: `desktop-…` stays `desktop-…`. */
  readonly runnerId: string;
  readonly kind: RunnerKind;
  readonly local: LocalAddress;
}

/** A host has three tunnels or four; a thousand is a mistake in a script. */
const TUNNELS_MAX_COUNT = 256;

const WOLF_SOCKET_PATH = '/var/run/wolf/wolf.sock';
const MOONLIGHT_ADDRESS = '127.0.0.1:8080';
/** The screenshot server of a desktop (helix-rest §6.4). */
const DESKTOP_ADDRESS = '127.0.0.1:9876';

interface WrittenTunnel {
  /** The flag or variable to blame. */
  readonly source: string;
  readonly runnerId: string;
  readonly local: string;
}

/** Which tunnels to hold: those of the flags, or else those that the environment implies. Adds what is wrong to `faults`. */
export function readTunnels(flags: ParsedFlags, environment: Environment, faults: string[]): readonly TunnelSettings[] {
  const given = writtenInFlags(flags, environment, faults);
  const written = given ?? writtenInEnvironment(environment);
  if (written.length === 0 && given === undefined) {
    faults.push('tunnels: none; give -runner-id and -local, --tunnel, HELIX_SESSION_ID or SANDBOX_INSTANCE_ID');
  }
  if (written.length > TUNNELS_MAX_COUNT) {
    faults.push(`--tunnel: more than ${String(TUNNELS_MAX_COUNT)}`);
    return [];
  }
  const tunnels = new Map<string, TunnelSettings>();
  for (const { source, runnerId, local } of written) {
    const name = parseRunnerId(runnerId);
    const address = parseLocalAddress(local);
    if (name === undefined) faults.push(`${source}: malformed runner id`);
    else if (tunnels.has(name.id)) faults.push(`${source}: the same runner id twice`);
    if (address === undefined) faults.push(`${source}: the local address is neither host:port nor unix:///path`);
    if (name !== undefined && address !== undefined) {
      tunnels.set(name.id, { runnerId, kind: name.kind, local: address });
    }
  }
  return [...tunnels.values()];
}

/** `undefined`: the flags speak of no tunnel. */
function writtenInFlags(
  flags: ParsedFlags,
  environment: Environment,
  faults: string[],
): readonly WrittenTunnel[] | undefined {
  const runnerId = flags.values.get('runner-id')?.[0];
  const local = flags.values.get('local')?.[0];
  const repeated = flags.values.get('tunnel') ?? [];
  if (runnerId === undefined && local === undefined && repeated.length === 0) return undefined;
  const written: WrittenTunnel[] = [];
  const session = findVariable(environment, ['HELIX_SESSION_ID']);
  const impliedId = session === undefined ? undefined : `sandbox-${session.value}`;
  if (local !== undefined) {
    const id = runnerId ?? impliedId;
    if (id === undefined) faults.push('-runner-id: missing, -local is given');
    else written.push({ source: '-runner-id and -local', runnerId: id, local });
  } else if (runnerId !== undefined) {
    faults.push('-local: missing, -runner-id is given');
  }
  repeated.forEach((text, index) => {
    const source = `--tunnel ${String(index + 1)}`;
    const equals = text.indexOf('=');
    if (equals < 0) faults.push(`${source}: is not <runner-id>=<address>`);
    else written.push({ source, runnerId: text.slice(0, equals), local: text.slice(equals + 1) });
  });
  return written;
}

function writtenInEnvironment(environment: Environment): readonly WrittenTunnel[] {
  // A desktop runs on a host and may have inherited the host's id; its own is the narrower one.
  const session = findVariable(environment, ['HELIX_SESSION_ID']);
  if (session !== undefined) {
    return [{ source: session.name, runnerId: `sandbox-${session.value}`, local: DESKTOP_ADDRESS }];
  }
  const instance = findVariable(environment, ['SANDBOX_INSTANCE_ID', 'WOLF_INSTANCE_ID']);
  if (instance === undefined) return [];
  const socket = findVariable(environment, ['WOLF_SOCKET_PATH']);
  const socketSource = socket === undefined ? '' : ` and ${socket.name}`;
  return [
    {
      source: `${instance.name}${socketSource}`,
      runnerId: `wolf-${instance.value}`,
      local: `unix://${socket?.value ?? WOLF_SOCKET_PATH}`,
    },
    { source: instance.name, runnerId: `moonlight-${instance.value}`, local: MOONLIGHT_ADDRESS },
  ];
}
