import { localSocketDial, revDialDial } from '@helix/wolf-client';
import { wolfClientSuite } from '@helix/wolf-client/testing';
import { startRealTunnel } from './real-tunnel.js';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';
import { UnixSocketDialer } from './unix-socket-dialer.js';

wolfClientSuite('a local socket', () => simulatedWolfHarness(localSocketDial));

wolfClientSuite('a runner dialer', () =>
  simulatedWolfHarness((socketPath) => revDialDial(new UnixSocketDialer(socketPath), 'gpu-1')),
);

describe.each([1, 2, 3] as const)('over a real tunnel', (generation) => {
  wolfClientSuite(`generation ${String(generation)}`, async () => {
    let tunnel: ReturnType<typeof startRealTunnel> | undefined;
    const harness = await simulatedWolfHarness((socketPath) => async (signal) => {
      tunnel ??= startRealTunnel(socketPath, 'gpu-1', generation);
      return await revDialDial((await tunnel).connections, 'gpu-1')(signal);
    });
    return {
      ...harness,
      whenCrashed: 'WOLF_EMPTY_ANSWER' as const,
      close: async () => {
        await (await tunnel)?.close();
        await harness.close();
      },
    };
  });
});
