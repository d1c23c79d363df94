import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConnectError, SocketConnector, chooseProxy, parseServerAddress } from '@helix/revdial';
import type { ProxyAddress, ServerAddress } from '@helix/revdial';
import type { ParsedFlags } from './flags.js';
import { findVariable } from './environment.js';
import type { Environment } from './environment.js';

const SERVER_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Other tools of the same container are told of extra authorities by these. */
const AUTHORITY_VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];

/** A file with authorities to trust, and who named it. */
interface AuthorityFile {
  readonly name: string;
  readonly path: string;
  /** Ours: without it there is no connection. Those that are meant for other tools are passed over when they are unfit. */
  readonly isNeeded: boolean;
}

/**
 * How to reach the API. `undefined` when a fault was added. Files and the proxy are looked at here, and read again for each
 * connection: certificates are renewed while an agent runs for months.
 */
export function readConnector(
  flags: ParsedFlags,
  environment: Environment,
  faults: string[],
  warnings: string[],
): SocketConnector | undefined {
  const faultCountBefore = faults.length;
  const server = readServer(flags, environment, faults);
  const serverName = flags.values.get('server-name')?.[0];
  if (serverName !== undefined && !SERVER_NAME.test(serverName)) faults.push('--server-name: is not a host name');
  const files = authorityFiles(flags, environment);
  for (const { name, path, isNeeded } of files) {
    if (!holdsCertificate(path))
      warnings.push(
        `${name}: the file cannot be read or holds no PEM certificate; ${isNeeded ? 'it is waited for' : 'it is passed over'}`,
      );
  }
  if (server !== undefined) readProxy(server, environment, faults);
  if (server === undefined || faults.length > faultCountBefore) return undefined;
  return new SocketConnector({
    server,
    serverName,
    proxy: () => readProxy(server, environment),
    ...(files.length === 0 ? {} : { certificateAuthorities: () => readAuthorities(files) }),
  });
}

function readServer(flags: ParsedFlags, environment: Environment, faults: string[]): ServerAddress | undefined {
  const flag = flags.values.get('server')?.[0];
  const written =
    flag === undefined
      ? findVariable(environment, ['HELIX_API_URL', 'HELIX_API_BASE_URL'])
      : { name: '-server', value: flag };
  if (written === undefined) {
    faults.push('-server: missing; give -server or HELIX_API_URL');
    return undefined;
  }
  const server = parseServerAddress(written.value);
  if (server === undefined) faults.push(`${written.name}: is not an http or https URL without credentials and query`);
  return server;
}

/** Adds what is wrong to `faults`. @throws ConnectError PROXY_REFUSED where there are none to add to */
function readProxy(server: ServerAddress, environment: Environment, faults?: string[]): ProxyAddress | undefined {
  const choice = chooseProxy(server, environment);
  if (choice.kind !== 'fault') return choice.kind === 'proxy' ? choice.proxy : undefined;
  const fault = `${choice.variable}: ${choice.problem}`;
  if (faults === undefined) throw new ConnectError('PROXY_REFUSED', fault);
  faults.push(fault);
  return undefined;
}

function authorityFiles(flags: ParsedFlags, environment: Environment): readonly AuthorityFile[] {
  const ours = flags.values.get('ca-file') ?? [];
  return [
    ...ours.map((path) => ({ name: '--ca-file', path, isNeeded: true })),
    ...AUTHORITY_VARIABLES.flatMap((name) => {
      const variable = findVariable(environment, [name]);
      return variable === undefined ? [] : [{ name, path: variable.value, isNeeded: false }];
    }),
  ];
}

async function readAuthorities(files: readonly AuthorityFile[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const { name, path, isNeeded } of files) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (isCertificate(text)) texts.push(text);
    else if (isNeeded) throw new Error(`${name}: the file cannot be read or holds no PEM certificate`);
  }
  return texts;
}

function holdsCertificate(path: string): boolean {
  try {
    return isCertificate(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

function isCertificate(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE-----');
}
