import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that Linux gives to outgoing connections and to listeners on port 0, so that none of them takes it first. */
const LOWEST_PORT = 20_000;
const FIRST_EPHEMERAL_PORT = 32_768;
const TRIES_MAX_COUNT = 50;

/** A TCP port of loopback that was free a moment ago, for processes that must know their own address before they start. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX_COUNT; tries += 1) {
    const port = randomInt(LOWEST_PORT, FIRST_EPHEMERAL_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
