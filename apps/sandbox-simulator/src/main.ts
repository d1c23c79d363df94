import { onAbort } from '@helix/pacing';
import { guardOutput, openProgramLog, ProgramEnd } from '@helix/program';

import { ControlServer } from './host/control-server.js';
import { SimulatedGpuHost } from './host/gpu-host.js';
import { WOLF_RESTART_MS } from './limits.js';
import { parseSimulatorOptions, simulatorHelp, type SimulatorOptions } from './simulator-options.js';

/** Desktops and agents are killed when they take longer than a few seconds each, all at once. */
const END_LIMIT_MS = 20_000;

async function runSimulator(options: SimulatorOptions): Promise<void> {
  const log = openProgramLog({ app: 'sandbox-simulator', level: options.logLevel });
  const { logger } = log;
  const host = new SimulatedGpuHost({
    ...(options.apiUrl !== undefined && { apiUrl: options.apiUrl }),
    ...(options.socketPath !== undefined && { socketPath: options.socketPath }),
    ...(options.agentPath !== undefined && { agentPath: options.agentPath }),
    ...(options.deadScreenshotServer && { desktopFault: 'dead' as const }),
    runnerToken: options.runnerToken,
    instanceId: options.instanceId,
    description: {
      gpuVendor: options.gpuVendor,
      gpuType: options.gpuType,
      renderNode: options.renderNode,
      maxSandboxes: options.maxSandboxes,
      swayVersion: options.swayVersion,
    },
    era: options.era,
    desktops: options.desktops,
    moonlight: options.moonlight,
    moonlightDialect: options.moonlightDialect,
    ...(options.moonlightCredentials !== undefined && { moonlightCredentials: options.moonlightCredentials }),
    relay: options.relay,
    transport: options.transport,
    heartbeatDialect: options.heartbeatDialect,
    wolfFaults: options.wolfFaults,
    ...(options.diskUsedPercent !== undefined && { diskUsedPercent: options.diskUsedPercent }),
    logger,
  });
  const control = new ControlServer(host);
  const timers = new Set<NodeJS.Timeout>();

  // Desktops and agents end with this process, also when it is killed (leash.ts).
  const end = new ProgramEnd({ log, limitMs: END_LIMIT_MS });
  const close = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    await control.close();
    await host.close();
    logger.info('stopped');
    await end.exit(0);
  };
  onAbort(end.asked, () => void close());

  let controlUrl: string;
  try {
    await host.start();
    controlUrl = await control.listen(options.controlPort);
  } catch (error) {
    await host.close();
    throw error;
  }
  if (options.crashWolfAfterS > 0) {
    const crash = async (): Promise<void> => {
      await host.wolf.crash();
      logger.warn('Wolf crashed (--crash-wolf-after)');
      timers.add(setTimeout(() => void host.wolf.restart(), WOLF_RESTART_MS));
    };
    timers.add(setTimeout(() => void crash(), options.crashWolfAfterS * 1000));
  }
  if (options.cutLinkEveryS > 0) {
    const cut = async (): Promise<void> => {
      logger.warn({ connections: await host.cutLinks() }, 'links cut (--cut-link-every)');
    };
    timers.add(setInterval(() => void cut(), options.cutLinkEveryS * 1000));
  }
  logger.info({ instanceId: options.instanceId, controlUrl, wolfSocket: host.wolfSocket }, 'ready');
}

guardOutput();
try {
  if (process.argv.includes('--help')) process.stdout.write(simulatorHelp());
  else await runSimulator(parseSimulatorOptions(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`sandbox-simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
