import { RunnerTunnel, SocketConnector, fixedToken, parseServerAddress } from '@helix/revdial';
import type { LocalAddress, RunnerTimings, RunnerTunnelOptions, SocketConnectorOptions } from '@helix/revdial';
import { RecordingLogger } from './recording-logger.js';

export const TOKEN = 'secret-of-the-test';

/** Waits that every test would sit through. Limits stay as they are: a busy machine must not reach them. */
const FAST: Partial<RunnerTimings> = {
  backoffBaseMs: 20,
  backoffEarlyCapMs: 60,
  backoffCapMs: 60,
};

export interface StartedTunnel {
  readonly tunnel: RunnerTunnel;
  readonly logger: RecordingLogger;
}

export function connectorTo(url: string, options: Omit<SocketConnectorOptions, 'server'> = {}): SocketConnector {
  const server = parseServerAddress(url);
  if (server === undefined) throw new Error('the test gave a bad URL');
  return new SocketConnector({ server, ...options });
}

/** A tunnel of `wolf-test` with short waits, started. */
export function startTunnel(
  url: string,
  local: LocalAddress,
  options: Partial<Omit<RunnerTunnelOptions, 'logger' | 'local'>> = {},
): StartedTunnel {
  const logger = new RecordingLogger();
  const tunnel = new RunnerTunnel({
    connector: connectorTo(url),
    runnerId: 'wolf-test',
    token: fixedToken(TOKEN),
    ...options,
    timings: { ...FAST, ...options.timings },
    local,
    logger,
  });
  tunnel.start();
  return { tunnel, logger };
}
