import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSocketDial, revDialDial } from '@helix/wolf-client';
import { wolfClientSuite } from '@helix/wolf-client/testing';
import { startRealTunnel } from './real-tunnel.js';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';
import { UnixSocketDialer } from './unix-socket-dialer.js';

wolfClientSuite('a local socket', () => simulatedWolfHarness(localSocketDial));

wolfClientSuite('a runner dialer', () =>
  simulatedWolfHarness((socketPath) => revDialDial(new UnixSocketDialer(socketPath), 'gpu-1')),
);

// One tunnel for all cases of a generation: a new link of generation 1 waits before its first command.
describe.each([1, 2, 3] as const)('over a real tunnel', (generation) => {
  let folder: string;
  let tunnel: Awaited<ReturnType<typeof startRealTunnel>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wolf-'));
    tunnel = await startRealTunnel(join(folder, 'wolf.sock'), 'gpu-1', generation);
  });
  afterAll(async () => {
    await tunnel.close();
    await rm(folder, { recursive: true, force: true });
  });

  wolfClientSuite(`generation ${String(generation)}`, async () => ({
    ...(await simulatedWolfHarness(() => revDialDial(tunnel.connections, 'gpu-1'), {
      socketPath: join(folder, 'wolf.sock'),
    })),
    whenCrashed: 'WOLF_EMPTY_ANSWER' as const,
  }));
});
