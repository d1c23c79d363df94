import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';

const LOST_AFTER_MS = 4_000;
/** Longer than the grace of links, the loss of hosts and the lease of the replica together. */
const STOPPED_MS = 20_000;

describe('an API that is stopped (SIGSTOP) and goes on', () => {
  let plane: ControlPlane;
  let host: GpuHost;

  beforeAll(async () => {
    plane = await ControlPlane.start({ RUNNER_GRACE_MS: '3000', HOST_LOST_AFTER_MS: String(LOST_AFTER_MS) });
    host = await GpuHost.start(plane, 'gpu-1');
  }, 60_000);

  afterAll(async () => {
    await host.close();
    await plane.close();
  }, 60_000);

  it('declares nothing lost, stops nothing, and has its host back', async () => {
    const created = await plane.admin.post('/api/v1/external-agents', {});
    const id = String(created.body['session_id']);
    await plane.connected(`sandbox-${id}`);
    // For longer than its hosts must be silent to be lost.
    await delay(LOST_AFTER_MS + 1_000);
    plane.api.kill('SIGSTOP');
    await delay(STOPPED_MS);
    plane.api.kill('SIGCONT');
    const untilMs = performance.now() + LOST_AFTER_MS + 4_000;
    while (performance.now() < untilMs) {
      const [session] = await plane.rows(
        `SELECT state, desired, reason, host_lost_at FROM sessions WHERE id = '${id}'`,
      );
      expect(session).toEqual({ state: 'running', desired: 'running', reason: null, host_lost_at: null });
      await delay(200);
    }
    await eventually(async () => {
      expect((await plane.admin.get(`/api/v1/external-agents/${id}/screenshot`)).status).toBe(200);
      expect((await plane.admin.get('/readyz')).status).toBe(200);
    }, 20_000);
    const silences = await plane.rows(
      `SELECT * FROM wolf_instance_events WHERE details @> '{"type":"Silent"}' OR details @> '{"type":"HeartbeatLate"}'`,
    );
    expect(silences).toEqual([]);
  }, 90_000);
});
