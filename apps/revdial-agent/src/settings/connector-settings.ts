import { readFileSync } from 'node:fs';
import { SocketConnector, chooseProxy, parseServerAddress } from '@helix/revdial';
import type { ProxyAddress, ServerAddress } from '@helix/revdial';
import type { ParsedFlags } from '../cli/flags.js';
import { findVariable } from './environment.js';
import type { Environment } from './environment.js';

const SERVER_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Other tools of the same container are told of extra authorities by these. */
const AUTHORITY_VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];

/** How to reach the API. `undefined` when a fault was added. */
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
  const certificateAuthorities = [
    ...(flags.values.get('ca-file') ?? []).flatMap((path) => readCertificates(path, '--ca-file', faults)),
    ...AUTHORITY_VARIABLES.flatMap((name) => {
      const variable = findVariable(environment, [name]);
      return variable === undefined ? [] : readCertificates(variable.value, name, warnings);
    }),
  ];
  const proxy = server === undefined ? undefined : readProxy(server, environment, faults);
  if (server === undefined || faults.length > faultCountBefore) return undefined;
  try {
    return new SocketConnector({ server, proxy, certificateAuthorities, serverName });
  } catch {
    faults.push('--ca-file: holds something that is not a certificate');
    return undefined;
  }
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

function readProxy(server: ServerAddress, environment: Environment, faults: string[]): ProxyAddress | undefined {
  const choice = chooseProxy(server, environment);
  if (choice.kind === 'fault') faults.push(`${choice.variable}: ${choice.problem}`);
  return choice.kind === 'proxy' ? choice.proxy : undefined;
}

function readCertificates(path: string, name: string, problems: string[]): readonly string[] {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return [text];
    problems.push(`${name}: the file holds no PEM certificate`);
  } catch {
    problems.push(`${name}: the file can not be read`);
  }
  return [];
}
