import { collectGarbage, inspectorUrlOf } from '../support/collect-garbage.js';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';

const HOST_IDS = ['one', 'two', 'three', 'four'];
const SLOTS_PER_HOST = 10;
/** As many at once as the hosts have slots, so that each of them has to be free again for the next round. */
const ROUND_SIZE = HOST_IDS.length * SLOTS_PER_HOST;
/** The first is to warm up: what a process takes once, it takes then. */
const ROUND_COUNT = process.env['NIGHTLY'] === undefined ? 5 : 13;
/** What is remembered of a session is some 2 KB; a leak of 16 KB for each would be twice this. */
const GROWTH_MAX_BYTES = (ROUND_COUNT - 1) * ROUND_SIZE * 8 * 1024;
const CALLER_COUNT = 16;
/** Else the callers keep as many connections as they happened to need at once, and the API a handle for each. */
const NOT_KEPT = { connection: 'close' };

interface Footprint {
  readonly heapBytes: number;
  /** What the process holds beside V8's heap, whose size depends on when it was collected last. */
  readonly offHeapBytes: number;
  readonly handles: number;
  readonly descriptors: number;
}

/** Real: all processes, their links, PostgreSQL. Simulated: Wolf; no desktops. */
describe(`${String(ROUND_COUNT * ROUND_SIZE)} sessions, created and stopped in a row on a full fleet`, () => {
  let plane: ControlPlane;
  let user: RestClient;
  let inspectorUrl: string;
  const hosts: GpuHost[] = [];

  beforeAll(async () => {
    plane = await ControlPlane.start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    inspectorUrl = inspectorUrlOf(plane.api.lines);
    for (const id of HOST_IDS) {
      hosts.push(await GpuHost.start(plane, id, ['--desktops', 'none', '--max-sandboxes', String(SLOTS_PER_HOST)]));
    }
    user = await plane.user('alice');
  });

  afterAll(async () => {
    for (const host of hosts) await host.close();
    await plane.close();
  });

  /** Runs the work for each of the items, `CALLER_COUNT` at once. */
  async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    const left = [...items];
    const caller = async (): Promise<void> => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    };
    await Promise.all(Array.from({ length: CALLER_COUNT }, caller));
  }

  /** One round: a full fleet, and an empty one. */
  async function takeRound(): Promise<void> {
    const ids: string[] = [];
    await forEach([...Array(ROUND_SIZE).keys()], async () => {
      const answer = await user.post('/api/v1/external-agents', {}, NOT_KEPT);
      expect([answer.status, answer.body['status']]).toEqual([200, 'running']);
      ids.push(String(answer.body['session_id']));
    });
    expect(await countsByHost()).toEqual(HOST_IDS.map(() => SLOTS_PER_HOST));
    const lobbies = await Promise.all(hosts.map((host) => host.lobbySessionIds()));
    expect(lobbies.flat().toSorted()).toEqual(ids.toSorted());
    await forEach(ids, async (id) => {
      const answer = await user.send('DELETE', `/api/v1/external-agents/${id}`, undefined, NOT_KEPT);
      expect(answer.status).toBe(200);
    });
    expect(await countsByHost()).toEqual(HOST_IDS.map(() => 0));
  }

  /** Sandboxes of each host as the API counts them. */
  async function countsByHost(): Promise<readonly unknown[]> {
    const instances = (await plane.admin.get('/api/v1/wolf-instances')).body as unknown as Record<string, unknown>[];
    return HOST_IDS.map((id) => instances.find((instance) => instance['id'] === id)?.['connected_sandboxes']);
  }

  async function footprint(): Promise<Footprint> {
    await collectGarbage(inspectorUrl);
    const text = (await plane.admin.get('/metrics')).bytes.toString();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
    // Those to the database come and go within the pool's size, which is its own bound.
    const [pool] = (await plane.rows(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'helix-api'`,
    )) as readonly { readonly count: number }[];
    const poolCount = pool?.count ?? NaN;
    return {
      heapBytes: value('nodejs_heap_size_used_bytes'),
      offHeapBytes: value('process_resident_memory_bytes') - value('nodejs_heap_size_total_bytes'),
      handles: value('nodejs_active_handles_total') - poolCount,
      descriptors: value('process_open_fds') - poolCount,
    };
  }

  it('leave nothing behind, on no host and in no count, and the API as it was', async () => {
    await takeRound();
    const before = await footprint();
    for (let round = 1; round < ROUND_COUNT; round += 1) await takeRound();

    expect(await plane.rows(`SELECT state, count(*)::int AS count FROM sessions GROUP BY state`)).toEqual([
      { state: 'stopped', count: ROUND_COUNT * ROUND_SIZE },
    ]);
    expect(
      await plane.rows(
        `SELECT (SELECT count(*)::int FROM placements) AS slots,
           (SELECT sum(reserved + confirmed + foreign_lobbies + unseen)::int FROM wolf_capacities) AS counted,
           (SELECT count(*)::int FROM api_keys WHERE kind = 'session') AS tokens,
           (SELECT count(*)::int FROM sessions WHERE lease_holder IS NOT NULL OR lobby_id IS NOT NULL) AS held`,
      ),
    ).toEqual([{ slots: 0, counted: 0, tokens: 0, held: 0 }]);
    for (const host of hosts) {
      expect(await host.wolf()).toMatchObject({ lobbyCount: 0, uncaughtExceptionCount: 0, suspectIdCount: 0 });
    }
    expect(await plane.runners()).toHaveLength(HOST_IDS.length);
    await eventually(async () => {
      const after = await footprint();
      expect(after.handles).toBeLessThanOrEqual(before.handles + 2);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 4);
      expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_MAX_BYTES);
      expect(after.offHeapBytes - before.offHeapBytes).toBeLessThan(32 * 1024 * 1024);
    });
  }, 120_000);
});
