import { RUNNER_TIMINGS, checkRunnerToken, describeLocalAddress, dialLocal } from '@helix/revdial';
import type { SocketConnector } from '@helix/revdial';
import type { AgentSettings } from '../settings/agent-settings.js';
import { cureOf, describeError } from './finding.js';
import type { Finding } from './finding.js';

type Tunnel = AgentSettings['tunnels'][number];

/** May its token open it? Asked so that a running agent of the same id is not disturbed. */
export async function checkToken(connector: SocketConnector, tunnel: Tunnel, signal: AbortSignal): Promise<Finding> {
  const { runnerId } = tunnel;
  const check = `token:${runnerId}`;
  try {
    const token = await tunnel.token.read();
    await checkRunnerToken({ connector, runnerId, token, timings: RUNNER_TIMINGS }, signal);
    return { check, result: 'ok', detail: 'the API accepts the token for it' };
  } catch (error) {
    return { check, result: 'failed', detail: describeError(error), cure: cureOf(error) };
  }
}

export async function checkLocal({ runnerId, local }: Tunnel, signal: AbortSignal): Promise<Finding> {
  const check = `local:${runnerId}`;
  const where = describeLocalAddress(local);
  try {
    const socket = await dialLocal(local, RUNNER_TIMINGS.localDialTimeoutMs, signal);
    socket.destroy();
    return { check, result: 'ok', detail: `${where} accepts connections` };
  } catch (error) {
    const cure =
      local.kind === 'unix'
        ? 'start the service, and see that this user may open its socket and that the path is mounted here'
        : 'start the service, and see that it listens on this address (in a container: network_mode host)';
    return { check, result: 'failed', detail: `${where}: ${describeError(error)}`, cure };
  }
}
