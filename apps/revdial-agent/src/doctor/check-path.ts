import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from 'node:tls';
import { RUNNER_TIMINGS, isConnectError } from '@helix/revdial';
import type { SocketConnector } from '@helix/revdial';
import { cureOf, describeError } from './finding.js';
import type { Finding } from './finding.js';

/** A certificate is renewed weeks before its end; one that was not is about to be forgotten. */
const EXPIRY_WARNING_MS = 14 * 24 * 3_600_000;

/** Longer chains are a mistake of the server that sends them. */
const CHAIN_MAX_COUNT = 8;

/** The way to the API: its name, a connection, the proxy, TLS. Ends with the first that fails. */
export async function checkPath(connector: SocketConnector, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const { host, port, isProxy } = connector.nextHop;
  const of = isProxy ? 'the proxy ' : '';
  if (isIP(host) === 0) {
    try {
      const addresses = await lookup(host, { all: true });
      const detail = `${of}${host} is ${addresses.map(({ address }) => address).join(', ')}`;
      findings.push({ check: 'dns', result: 'ok', detail });
    } catch (error) {
      const cure = 'look at the name, and at the resolver of this machine';
      findings.push({ check: 'dns', result: 'failed', detail: `${of}${host}: ${describeError(error)}`, cure });
      return findings;
    }
  } else {
    findings.push({ check: 'dns', result: 'skipped', detail: `${of}${host} is an address` });
  }
  findings.push(await checkTcp(host, port));
  if (findings.at(-1)?.result === 'failed') return findings;
  const direct = { check: 'proxy', result: 'skipped', detail: 'none is configured' } as const;
  const tunnelled = { check: 'proxy', result: 'ok', detail: `${host}:${String(port)} connects to the API` } as const;
  try {
    const socket = await connector.connect(signal, RUNNER_TIMINGS.connectTimeoutMs);
    findings.push(isProxy ? tunnelled : direct);
    findings.push(socket instanceof TLSSocket ? certificateOf(socket) : plainText(connector));
    socket.destroy();
  } catch (error) {
    const isProxysFault = isProxy && !isConnectError(error, 'TLS_FAILED');
    if (!isProxysFault) findings.push(isProxy ? tunnelled : direct);
    const check = isProxysFault ? 'proxy' : 'tls';
    findings.push({ check, result: 'failed', detail: describeError(error), cure: cureOf(error) });
  }
  return findings;
}

function checkTcp(host: string, port: number): Promise<Finding> {
  const where = `${host}:${String(port)}`;
  const beganAtMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: RUNNER_TIMINGS.connectTimeoutMs });
    const fail = (problem: string): void => {
      socket.destroy();
      const cure = 'look at the port, at firewalls between, and whether the API runs';
      resolve({ check: 'tcp', result: 'failed', detail: `${where}: ${problem}`, cure });
    };
    socket.once('connect', () => {
      socket.destroy();
      const tookMs = (performance.now() - beganAtMs).toFixed(1);
      resolve({ check: 'tcp', result: 'ok', detail: `${where} answers in ${tookMs} ms` });
    });
    socket.once('timeout', () => {
      fail('no answer');
    });
    socket.once('error', (error) => {
      fail(describeError(error));
    });
  });
}

function plainText({ server }: SocketConnector): Finding {
  const isLocal = server.host === 'localhost' || server.host === '::1' || server.host.startsWith('127.');
  if (isLocal) return { check: 'tls', result: 'skipped', detail: 'http on this machine' };
  const cure = 'use https: the token travels readable';
  return { check: 'tls', result: 'warning', detail: 'the API is reached without TLS', cure };
}

function certificateOf(socket: TLSSocket): Finding {
  const chain: string[] = [];
  let certificate = socket.getPeerCertificate(true);
  const endsAtMs = Date.parse(certificate.valid_to);
  for (let depth = 0; depth < CHAIN_MAX_COUNT; depth += 1) {
    chain.push(nameOf(certificate.subject));
    // A root is its own issuer, and what the server did not send is missing.
    const issuer: unknown = certificate.issuerCertificate;
    if (typeof issuer !== 'object' || issuer === certificate) break;
    certificate = certificate.issuerCertificate;
  }
  const leftMs = endsAtMs - Date.now();
  const days = Math.floor(leftMs / (24 * 3_600_000));
  const detail = `${socket.getProtocol() ?? 'TLS'}, ${chain.join(' < ')}, valid for ${String(days)} days`;
  if (leftMs > EXPIRY_WARNING_MS) return { check: 'tls', result: 'ok', detail };
  return { check: 'tls', result: 'warning', detail, cure: 'renew the certificate of the API' };
}

function nameOf({ CN, O }: Certificate): string {
  return [CN ?? O ?? 'unnamed'].flat().join(' ');
}
