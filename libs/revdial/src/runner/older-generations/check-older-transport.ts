import type { DialBackTransport } from '../tunnel-status.js';
import type { ControlOpenOptions } from './control-channel.js';
import { openHijackControl } from './open-hijack-control.js';
import { openWebSocketControl } from './open-websocket-control.js';

/**
 * Opens a control connection of generation 1 or 2, waits until bytes of the API have come through it, and closes it.
 * @throws ConnectError of every code; the signal's reason
 */
export async function checkOlderTransport(
  transport: DialBackTransport,
  options: Omit<ControlOpenOptions, 'onMessage'>,
  signal: AbortSignal,
): Promise<void> {
  const openOptions = { ...options, onMessage: () => undefined };
  // An open hijack has had its first line.
  if (transport === 'hijack') {
    const channel = await openHijackControl(openOptions, signal);
    await channel.close();
    return;
  }
  const channel = await openWebSocketControl(openOptions, signal);
  try {
    await channel.untilFirstLine(
      options.timings.firstLineTimeoutMs,
      'a WebSocket opened, and nothing came through',
      signal,
    );
  } finally {
    await channel.close();
  }
}
