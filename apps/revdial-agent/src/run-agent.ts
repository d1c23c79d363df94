import { once } from 'node:events';
import { AgentTunnels, onDefect, startWireTrace } from '@helix/revdial';
import type { TokenSource } from '@helix/revdial';
import type { Logger } from 'pino';
import { HealthServer } from './health-server.js';
import type { AgentSettings } from './settings/agent-settings.js';

export type AgentExitCode = 0 | 1 | 2;

/** Streams may finish for this long; with the goodbyes of the links it stays well under the 10 s of container runtimes. */
const DRAIN_LIMIT_MS = 5_000;

/**
 * Holds all tunnels until `stop` aborts (0), every one of them was refused for good, which only an agent that was told to exit
 * then believes (2), or the health port cannot be had (1). Tunnels are independent: one that is refused does not end the others.
 */
export async function runAgent(settings: AgentSettings, stop: AbortSignal, logger: Logger): Promise<AgentExitCode> {
  for (const warning of settings.warnings) logger.warn({}, warning);
  onDefect(({ where, error }) => {
    logger.error({ where, err: error }, 'a defect cost one stream or link; everything else goes on');
  });
  if (settings.trace.length > 0)
    startWireTrace(settings.trace, (fields, message) => {
      logger.debug(fields, message);
    });
  const tunnels = tunnelsOf(settings, logger);
  const health =
    settings.healthPort === undefined ? undefined : new HealthServer(() => tunnels.flatMap(({ statuses }) => statuses));
  if (health !== undefined && settings.healthPort !== undefined) {
    try {
      logger.info({ healthPort: await health.listen(settings.healthPort) }, 'health');
    } catch {
      process.stderr.write('revdial-agent: --health-port: cannot be listened on\n');
      return 1;
    }
  }
  const stopped = stop.aborted ? Promise.resolve() : once(stop, 'abort');
  for (const tunnel of tunnels) tunnel.start();
  const ends = Promise.all(tunnels.map(({ closed }) => closed));
  const refused = await Promise.race([ends, stopped.then(() => undefined)]);
  if (refused === undefined) {
    logger.info({}, 'stopping');
    await Promise.all(tunnels.map((tunnel) => tunnel.close(DRAIN_LIMIT_MS)));
    logger.info({}, 'stopped');
  }
  health?.close();
  return refused === undefined ? 0 : 2;
}

/** Tunnels of one token share a link, unless an older generation is asked for. */
function tunnelsOf(settings: AgentSettings, logger: Logger): readonly AgentTunnels[] {
  const { connector, transport, refusedAfterMs } = settings;
  const byToken = new Map<TokenSource, AgentSettings['tunnels'][number][]>();
  for (const tunnel of settings.tunnels) {
    const others = byToken.get(tunnel.token);
    if (others === undefined) byToken.set(tunnel.token, [tunnel]);
    else others.push(tunnel);
  }
  return [...byToken].map(([token, tunnels]) => {
    const targets = tunnels.map(({ runnerId, local }) => ({ runnerId, local, logger: logger.child({ runnerId }) }));
    return new AgentTunnels({ connector, targets, token, transport, refusedAfterMs, logger });
  });
}
