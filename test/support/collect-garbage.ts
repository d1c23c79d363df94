import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What Node says on standard error when it was started with `--inspect`. */
const LISTENING = /Debugger listening on (ws:\/\/\S+)/;

/** Where a process that was started with `NODE_OPTIONS=--inspect=127.0.0.1:0` can be inspected. Its first lines have to be there still. */
export function inspectorUrlOf(lines: readonly string[]): string {
  const [, url] = LISTENING.exec(lines.join('\n')) ?? [];
  if (url === undefined) throw new Error('the process does not listen for an inspector');
  return url;
}

/** Makes the process collect all of its garbage, so that its heap holds what it needs and no more. */
export async function collectGarbage(inspectorUrl: string): Promise<void> {
  const socket = new WebSocket(inspectorUrl);
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
}
