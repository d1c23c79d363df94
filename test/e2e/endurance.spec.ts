import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { collectGarbage, inspectorUrlOf } from '../support/collect-garbage.js';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';

const isNightly = process.env['NIGHTLY'] !== undefined;
const SCREENSHOT_COUNTS = isNightly ? { ok: 10_000, closing: 3_000 } : { ok: 1_500, closing: 500 };
/** What a process takes once, it takes in these. */
const WARM_UP_COUNT = isNightly ? 1_000 : 300;
const CALLER_COUNT = 8;
/** A leak of one picture in a hundred would be 75 MB by night and 11 MB by day; pictures are outside V8's heap. */
const GROWTH_MAX_BYTES = 8 * 1024 * 1024;

interface Footprint {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
  readonly handles: number;
  readonly tunnelRequests: number;
}

describe('thousands of screenshots', () => {
  let plane: ControlPlane;
  let inspectorUrl: string;
  let host: GpuHost;
  let user: RestClient;
  const agent = new Agent({ keepAlive: true, maxSockets: CALLER_COUNT });

  beforeAll(async () => {
    plane = await ControlPlane.start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    inspectorUrl = inspectorUrlOf(plane.api.lines);
    host = await GpuHost.start(plane);
    user = await plane.user('alice');
  });

  afterAll(async () => {
    agent.destroy();
    await host.close();
    await plane.close();
  });

  /** Reads a picture off without keeping it: what is measured is the other end. */
  async function fetchAndDrop(url: string): Promise<void> {
    const request = get(url, { agent, headers: { authorization: `Bearer ${user.key ?? ''}` } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    const { statusCode, headers } = response;
    if (statusCode !== 200 || Number(headers['content-length']) < 500_000) {
      throw new Error(`a screenshot answered ${String(statusCode)}`);
    }
  }

  async function footprint(): Promise<Footprint> {
    await collectGarbage(inspectorUrl);
    const text = (await plane.admin.get('/metrics')).bytes.toString();
    const value = (name: string): number => Number(new RegExp(`^${escaped(name)} (\\d+)`, 'm').exec(text)?.[1]);
    return {
      heapBytes: value('nodejs_heap_size_used_bytes'),
      externalBytes: value('nodejs_external_memory_bytes'),
      residentBytes: value('process_resident_memory_bytes'),
      handles: value('nodejs_active_handles_total'),
      tunnelRequests: value('helix_tunnel_events_total{event="request"}'),
    };
  }

  it.each([
    ['keeps its connections', 'ok'],
    ['ends its connection after each', 'closing'],
  ] as const)(
    'leave memory and handles as they were, of a desktop that %s',
    async (_title, mode) => {
      const count = SCREENSHOT_COUNTS[mode];
      const id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
      const path = `/api/v1/external-agents/${id}/screenshot`;
      await plane.connected(`sandbox-${id}`);
      await host.desktopFault(id, { mode });
      const take = async (pictureCount: number): Promise<void> => {
        let left = pictureCount;
        // Each caller asks for a picture of its own, so that every one of them crosses the tunnel.
        const caller = async (_: unknown, index: number): Promise<void> => {
          while (left > 0) {
            left -= 1;
            await fetchAndDrop(`${plane.url}${path}?quality=${String(index + 1)}`);
          }
        };
        await Promise.all(Array.from({ length: CALLER_COUNT }).map(caller));
      };
      await take(WARM_UP_COUNT);
      const before = await footprint();
      await take(count);
      await eventually(async () => {
        const after = await footprint();
        expect(after.tunnelRequests - before.tunnelRequests).toBeGreaterThanOrEqual(count);
        expect(after.handles).toBeLessThanOrEqual(before.handles + 2);
        expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_MAX_BYTES);
        expect(after.externalBytes - before.externalBytes).toBeLessThan(GROWTH_MAX_BYTES);
        expect(after.residentBytes - before.residentBytes).toBeLessThan(128 * 1024 * 1024);
      });
    },
    420_000,
  );
});

function escaped(text: string): string {
  return text.replace(/[{}]/g, '\\$&');
}
