import { setTimeout as delay } from 'node:timers/promises';

import { DesktopAgent } from './desktop-agent.js';
import { DesktopLog } from './desktop-log.js';
import { type DesktopMessage, type DesktopOptions, parseDesktopOptions } from './desktop-options.js';
import { ScreenshotServer } from './screenshot-server.js';

const log = new DesktopLog();

function report(message: DesktopMessage): void {
  log.write('stdout', JSON.stringify(message));
  process.stdout.write(`${JSON.stringify(message)}\n`);
  if (process.connected) process.send?.(message);
}

async function runDesktop(options: DesktopOptions): Promise<void> {
  const server = new ScreenshotServer({
    sessionId: options.sessionId,
    fault: options.fault,
    log,
    onFolder: (path) => {
      report({ msg: 'folder', path });
    },
  });
  let agent: DesktopAgent | undefined;
  const end = async (): Promise<void> => {
    await agent?.close();
    await server.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void end());
  process.once('SIGINT', () => void end());
  // The channel closes when the parent is gone, killed or not. A desktop ends with its host.
  process.once('disconnect', () => {
    agent?.destroy();
    process.exit(0);
  });

  const port = await server.listen(options.port);
  if (options.agentPath !== undefined) {
    agent = new DesktopAgent(options.agentPath, options, port, process.env);
    if (agent.pid !== undefined) report({ msg: 'agent started', pid: agent.pid });
    agent.onEnded((code, signal) => {
      report({ msg: 'agent ended', code, signal });
    });
  }
  await delay(options.bootDelayMs);
  server.open();
  report({ msg: 'ready', port, pid: process.pid, agentPid: agent?.pid ?? null });
}

try {
  await runDesktop(parseDesktopOptions(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`desktop: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
