import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SimulatedWolf } from '@helix/sandbox-simulator';
import { ControlPlane } from '../support/control-plane.js';

describe('a Wolf on the API’s own machine', () => {
  it('is used over its socket, without a tunnel', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-local-wolf-'));
    const wolf = new SimulatedWolf({ socketPath: path.join(folder, 'wolf.sock') });
    await wolf.start();
    const plane = await ControlPlane.start({ WOLF_SOCKET_PATH: wolf.socketPath, WOLF_INSTANCE_ID: 'here' });
    try {
      const user = await plane.user('alice');
      const created = await user.post('/api/v1/external-agents', {});
      expect([created.status, created.body['wolf_instance_id']]).toEqual([200, 'here']);
      expect(wolf.lobbyCount).toBe(1);
      const stopped = await user.delete(`/api/v1/external-agents/${String(created.body['session_id'])}`);
      expect(stopped.status).toBe(200);
      expect(wolf.lobbyCount).toBe(0);
      expect(wolf.uncaughtExceptionCount + wolf.suspectIdCount).toBe(0);
    } finally {
      await plane.close();
      await wolf.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
