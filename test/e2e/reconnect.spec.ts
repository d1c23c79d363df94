import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';

const GRACE_MS = 10_000;

describe('what survives a broken link', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let user: RestClient;
  let id: string;
  let screenshot: string;

  beforeEach(async () => {
    plane = await ControlPlane.start({ RUNNER_GRACE_MS: String(GRACE_MS) });
    host = await GpuHost.start(plane);
    user = await plane.user('alice');
    id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
    screenshot = `/api/v1/external-agents/${id}/screenshot`;
    await plane.connected(`sandbox-${id}`);
    expect((await user.get(screenshot)).status).toBe(200);
  });

  afterEach(async () => {
    await host.close();
    await plane.close();
  });

  async function inGrace(runnerId: string): Promise<void> {
    await eventually(async () => {
      const runner = (await plane.runners()).find((one) => one['id'] === runnerId);
      // The state is `connected` for as long as the link may be resumed.
      expect(runner).toMatchObject({ in_grace: true });
    });
  }

  it('the host’s agent killed with -9: commands given meanwhile wait for its return and succeed', async () => {
    await host.killAgent(1_500);
    await inGrace('wolf-local');
    const created = await user.post('/api/v1/external-agents', {});
    expect([created.status, created.body['status']]).toEqual([200, 'running']);
    const stopped = await user.delete(`/api/v1/external-agents/${String(created.body['session_id'])}`);
    expect(stopped.status).toBe(200);
  });

  it('all links cut: pictures asked for meanwhile wait and come', async () => {
    await host.faults({ linkState: 'refusing' });
    await host.cutLinks();
    await inGrace(`sandbox-${id}`);
    const waiting = Promise.all(Array.from({ length: 5 }, () => user.get(screenshot)));
    await eventually(async () => {
      const runner = (await plane.runners()).find((one) => one['id'] === `sandbox-${id}`);
      expect(runner?.['waiting_dials']).toBeGreaterThan(0);
    });
    await host.faults({ linkState: 'passing' });
    expect((await waiting).map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('after the grace the answer is 503 with Retry-After, and never 404', async () => {
    await host.faults({ linkState: 'refusing' });
    await host.cutLinks();
    const waited = await user.get(screenshot);
    expect([waited.status, waited.body['code']]).toEqual([503, 'RUNNER_NOT_CONNECTED']);
    expect(Number(waited.headers.get('retry-after'))).toBeGreaterThan(0);
    const startedAt = performance.now();
    const again = await user.get(screenshot);
    expect([again.status, again.body['code']]).toEqual([503, 'RUNNER_NOT_CONNECTED']);
    expect(performance.now() - startedAt).toBeLessThan(GRACE_MS / 2);
  });

  it('API killed with -9: agents return within 5 s, sessions and placements unchanged', async () => {
    const before = await user.get(`/api/v1/sessions/${id}`);
    await plane.crashAndRestart();
    const readyAt = performance.now();
    // Asked at once: the request waits for the desktop's return instead of failing.
    const picture = await user.get(screenshot);
    expect(picture.status).toBe(200);
    await plane.connected('wolf-local', 5_000);
    await plane.connected(`sandbox-${id}`, 5_000);
    expect(performance.now() - readyAt).toBeLessThan(5_000);
    // Who views it is known when the host's Wolf has been listed.
    await eventually(async () => {
      expect((await user.get(`/api/v1/sessions/${id}`)).body).toEqual(before.body);
    });
    // Its Wolf has to answer once before the host is more than the last choice.
    await eventually(async () => {
      expect((await plane.admin.get('/api/v1/wolf-instances')).body).toMatchObject([
        { id: 'local', connected_sandboxes: 1, status: 'online' },
      ]);
    });
    expect((await user.delete(`/api/v1/external-agents/${id}`)).status).toBe(200);
    expect((await plane.admin.get('/api/v1/wolf-instances')).body).toMatchObject([{ connected_sandboxes: 0 }]);
  });

  it('a stop while the host is away is finished when it returns', async () => {
    await host.faults({ linkState: 'refusing' });
    await host.cutLinks();
    const stopped = await user.delete(`/api/v1/external-agents/${id}`);
    expect([stopped.status, stopped.body['message']]).toEqual([202, 'External agent is stopping: its host is away']);
    expect((await user.get(`/api/v1/sessions/${id}`)).body).toMatchObject({ state: 'stopping', desired: 'stopped' });
    await host.faults({ linkState: 'passing' });
    await eventually(async () => {
      expect((await user.get(`/api/v1/sessions/${id}`)).body).toMatchObject({ state: 'stopped' });
    }, 30_000);
    expect(await host.desktops()).toEqual([]);
  });
});
