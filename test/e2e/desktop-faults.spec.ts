import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';

describe('a desktop that misbehaves', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let user: RestClient;
  let id: string;
  let screenshot: string;

  beforeAll(async () => {
    plane = await ControlPlane.start({ UPSTREAM_HEADERS_TIMEOUT_MS: '1000', UPSTREAM_BODY_TIMEOUT_MS: '1000' });
    host = await GpuHost.start(plane);
    user = await plane.user('alice');
    id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
    screenshot = `/api/v1/external-agents/${id}/screenshot`;
    await plane.connected(`sandbox-${id}`);
  });

  afterEach(async () => {
    await host.desktopFault(id, { mode: 'ok' });
    // A second is little for a picture on a machine that does something else as well.
    await eventually(async () => {
      expect((await user.get(screenshot)).status).toBe(200);
    });
  });

  afterAll(async () => {
    await host.close();
    await plane.close();
  });

  async function openStreams(): Promise<number> {
    const runner = (await plane.runners()).find((one) => one['id'] === `sandbox-${id}`);
    return Number(runner?.['open_streams']);
  }

  it.each([
    ['dead', 502, 'SERVICE_DOWN'],
    ['hang', 504, 'UPSTREAM_TIMEOUT'],
    ['garbage', 502, 'UPSTREAM_INVALID'],
    ['endless', 502, 'UPSTREAM_TOO_LARGE'],
    ['error500', 502, 'DESKTOP_ERROR'],
  ])('%s: %i %s', async (mode, status, code) => {
    await host.desktopFault(id, { mode });
    const startedAt = performance.now();
    const answer = await user.get(screenshot);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.body['requestId']).toBe(answer.headers.get('x-request-id'));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('leaks no stream, however often it happens', async () => {
    for (const mode of ['dead', 'hang', 'endless']) {
      await host.desktopFault(id, { mode });
      // Each asks for a picture of its own: those who ask for the same one share its fetch.
      await Promise.all(
        Array.from({ length: 10 }, (_, index) => user.get(`${screenshot}?quality=${String(index + 1)}`)),
      );
    }
    await host.desktopFault(id, { mode: 'ok' });
    await user.get(screenshot);
    // One kept stream, perhaps a second; not thirty.
    await eventually(async () => {
      expect(await openStreams()).toBeLessThanOrEqual(2);
    });
  });

  it('keeps memory bounded while it answers a gigabyte', async () => {
    const before = await residentBytes();
    await host.desktopFault(id, { mode: 'endless' });
    for (let round = 0; round < 5; round += 1) {
      const answer = await user.get(screenshot);
      expect(answer.body['code']).toBe('UPSTREAM_TOO_LARGE');
    }
    expect((await residentBytes()) - before).toBeLessThan(256 * 1024 * 1024);
  });

  async function residentBytes(): Promise<number> {
    const text = (await plane.admin.get('/metrics')).bytes.toString();
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
  }
});
