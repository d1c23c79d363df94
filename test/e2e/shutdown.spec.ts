import { eventually } from '@helix/pacing/testing';
import { ControlPlane } from '../support/control-plane.js';
import { GpuHost } from '../support/gpu-host.js';

describe('SIGTERM', () => {
  it('finishes the screenshot under way, turns readiness red, and exits 0 within 10 s', async () => {
    const plane = await ControlPlane.start();
    const host = await GpuHost.start(plane);
    try {
      const user = await plane.user('alice');
      const id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
      await plane.connected(`sandbox-${id}`);
      await host.desktopFault(id, { mode: 'slow', delayMs: 5_000 });
      const picture = user.get(`/api/v1/external-agents/${id}/screenshot`);
      await eventually(async () => {
        const runner = (await plane.runners()).find((one) => one['id'] === `sandbox-${id}`);
        expect(runner?.['open_streams']).toBe(1);
      });
      const askedAt = performance.now();
      plane.api.kill('SIGTERM');
      await eventually(async () => {
        const ready = await plane.stranger.get('/readyz');
        expect([ready.status, ready.body['code']]).toEqual([503, 'NOT_READY']);
      });
      const refused = await user.get('/api/v1/sessions');
      expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
      const answer = await picture;
      expect([answer.status, answer.bytes.subarray(1, 4).toString()]).toEqual([200, 'PNG']);
      expect(await plane.api.exit).toEqual({ code: 0, signal: null });
      expect(performance.now() - askedAt).toBeLessThan(10_000);
    } finally {
      await host.close();
      await plane.close();
    }
  });

  it('does not wait for a screenshot that never comes', async () => {
    const plane = await ControlPlane.start({ SHUTDOWN_GRACE_MS: '1000' });
    const host = await GpuHost.start(plane);
    try {
      const user = await plane.user('alice');
      const id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
      await plane.connected(`sandbox-${id}`);
      await host.desktopFault(id, { mode: 'hang' });
      const picture = user.get(`/api/v1/external-agents/${id}/screenshot`).catch(() => undefined);
      await eventually(async () => {
        const runner = (await plane.runners()).find((one) => one['id'] === `sandbox-${id}`);
        expect(runner?.['open_streams']).toBe(1);
      });
      const askedAt = performance.now();
      expect(await plane.api.stop()).toEqual({ code: 0, signal: null });
      // The grace, and what is cut after it; far less than the picture's own limit of 20 s.
      expect(performance.now() - askedAt).toBeLessThan(10_000);
      await picture;
    } finally {
      await host.close();
      await plane.close();
    }
  });

  it('does not wait for a slow host: the caller is answered 202', async () => {
    const plane = await ControlPlane.start({ SHUTDOWN_GRACE_MS: '25000' });
    const host = await GpuHost.start(plane);
    try {
      const user = await plane.user('alice');
      await host.faults({ createDelayMs: 30_000 });
      const created = user.post('/api/v1/external-agents', {});
      await eventually(async () => {
        expect((await host.wolf())['lobbyCount']).toBe(1);
      });
      const askedAt = performance.now();
      plane.api.kill('SIGTERM');
      const answer = await created;
      expect([answer.status, answer.body['status']]).toEqual([202, 'starting']);
      expect(await plane.api.exit).toEqual({ code: 0, signal: null });
      expect(performance.now() - askedAt).toBeLessThan(15_000);
    } finally {
      await host.close();
      await plane.close();
    }
  });

  it('ends an idle replica at once although links stand', async () => {
    const plane = await ControlPlane.start();
    const host = await GpuHost.start(plane);
    try {
      const askedAt = performance.now();
      expect(await plane.api.stop()).toEqual({ code: 0, signal: null });
      expect(performance.now() - askedAt).toBeLessThan(10_000);
    } finally {
      await host.close();
      await plane.close();
    }
  });
});
