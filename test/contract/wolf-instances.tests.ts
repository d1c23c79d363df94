import { WOLF_INSTANCE_ROUTES } from './shapes/wolf-instances.js';
import { ContractWorld, HOST } from './support/contract-world.js';

const REGISTER = 'POST /api/v1/wolf-instances/register';
const HEARTBEAT = 'POST /api/v1/wolf-instances/{id}/heartbeat';
const SANDBOX_HEARTBEAT = 'POST /api/v1/sandboxes/{id}/heartbeat';
const LIST = 'GET /api/v1/wolf-instances';
const FIND = 'GET /api/v1/wolf-instances/{id}';
const DISK_HISTORY = 'GET /api/v1/wolf-instances/{id}/disk-history';
const EVENTS = 'GET /api/v1/wolf-instances/{id}/events';
const ALL_EVENTS = 'GET /api/v1/admin/fleet/events';
const REMOVE = 'DELETE /api/v1/wolf-instances/{id}';

/** As the daemon of the first hosts sends it. */
const DISK = {
  mount_point: '/var',
  total_bytes: 1_000_000_000_000,
  used_bytes: 850_000_000_000,
  avail_bytes: 150_000_000_000,
  used_percent: 85.0,
  alert_level: 'warning',
};
const CONTAINER = { container_id: '0123456789ab', container_name: 'zed-external-x', size_bytes: 1, rw_size_bytes: 1 };

describe('the contract of Wolf instances', () => {
  let world: ContractWorld;

  beforeAll(async () => {
    world = await ContractWorld.start(WOLF_INSTANCE_ROUTES);
  });
  afterAll(async () => {
    await world.close();
  });

  async function listed(id: string): Promise<unknown> {
    const { body } = await world.admin.ask(LIST);
    return (body as unknown as { id: string }[]).find((instance) => instance.id === id);
  }

  it('tells strangers apart', async () => {
    await world.refuseStrangers();
  });

  it('registers a host as online when its link comes', async () => {
    expect(await listed(HOST)).toMatchObject({ id: HOST, status: 'online', connected_sandboxes: 0, max_sandboxes: 20 });
    await world.session();
    expect(await listed(HOST)).toMatchObject({ connected_sandboxes: 1 });
  });

  it('registers a host by name and address, and again as the same one', async () => {
    const body = { name: 'by hand', address: '10.0.0.7:47989', max_sandboxes: 4, gpu_type: 'RTX 4090' };
    const first = (await world.runner.ask(REGISTER, { body })).body;
    expect(first).toMatchObject({ ...body, connected_sandboxes: 0 });
    expect((await world.runner.ask(REGISTER, { body })).body['id']).toBe(first['id']);
    expect((await world.admin.ask(LIST)).body).toMatchObject([{ id: first['id'] }, { id: HOST }]);
  });

  it.each([
    ['{"name":', 'INVALID_REQUEST'],
    ['{"address":"10.0.0.1"}', 'INVALID_REQUEST'],
    ['{"name":"x"}', 'INVALID_REQUEST'],
    ['{"name":"x","address":"10.0.0.1","max_sandboxes":-1}', 'INVALID_REQUEST'],
    ['{"name":"x","address":"10.0.0.1","render_node":"nonsense"}', 'INVALID_INSTANCE'],
  ])('refuses to register %s', async (body, code) => {
    expect((await world.runner.ask(REGISTER, { body })).body['code']).toBe(code);
  });

  it('takes the heartbeats of both kinds of hosts, with all that they say and with nothing', async () => {
    const body = { sway_version: '5c6ec3d', disk_usage: [DISK], container_usage: [CONTAINER] };
    expect((await world.runner.ask(HEARTBEAT, { id: HOST, body })).body).toEqual({ status: 'ok' });
    expect(await listed(HOST)).toMatchObject({
      sway_version: '5c6ec3d',
      disk_usage: [DISK],
      disk_alert_level: 'warning',
      last_heartbeat: expect.stringMatching(/^20/) as string,
    });
    const later = {
      desktop_versions: { sway: '77aa' },
      gpu_vendor: 'nvidia',
      render_node: '/dev/dri/renderD128',
      privileged_mode_enabled: false,
      gpus: [],
      service_health: {},
      helix_version: '2.0',
    };
    expect((await world.runner.ask(SANDBOX_HEARTBEAT, { id: HOST, body: later })).body).toEqual({ status: 'ok' });
    expect(await listed(HOST)).toMatchObject({ gpu_vendor: 'nvidia', render_node: '/dev/dri/renderD128' });
    for (const nothing of [undefined, {}]) {
      expect((await world.runner.ask(HEARTBEAT, { id: HOST, body: nothing })).status).toBe(200);
    }
    for (const route of [HEARTBEAT, SANDBOX_HEARTBEAT]) {
      expect((await world.runner.ask(route, { id: HOST, body: '{"disk_usage":' })).status).toBe(400);
      expect((await world.runner.ask(route, { id: HOST, body: { max_sandboxes: 'x' } })).body['code']).toBe(
        'INVALID_HEARTBEAT',
      );
    }
  });

  it('shows one host with all that is known of it', async () => {
    const body = { gpus: [{ model: 'RTX 6000', vram_mb: 49_140, encoder_sessions: 8 }], helix_version: '2.1' };
    expect((await world.runner.ask(HEARTBEAT, { id: HOST, body })).status).toBe(200);
    expect((await world.admin.ask(FIND, { id: HOST })).body).toMatchObject({
      id: HOST,
      status: 'online',
      conditions: [{ type: 'DiskWarning', effect: 'note', message: '/var is 85 % full' }],
      link: { connected: true },
      gpus: [{ name: 'RTX 6000', memory_mb: 49_140, encoder_sessions: 8 }],
      labels: {},
      versions: { host: '2.1', sway: '77aa', desktops: { sway: '77aa' } },
      capacity: { reserved: 0, confirmed: 1, foreign: 0, max: 20, operator_max: null, host_max: null },
    });
    const unknown = await world.admin.ask(FIND, { id: 'nowhere' });
    expect([unknown.status, unknown.body['message']]).toEqual([404, 'Wolf instance not found']);
  });

  it('tells how full the disks of a host were, whatever span is asked for', async () => {
    for (const hours of [undefined, '1', '168', '0', '169', '1.5', 'x', '']) {
      const query = hours === undefined ? {} : { hours };
      const { body } = await world.admin.ask(DISK_HISTORY, { id: HOST, query });
      expect(body).toMatchObject({
        wolf_instance_id: HOST,
        wolf_name: `Wolf ${HOST}`,
        history: [
          {
            mount_point: '/var',
            total_mb: 953_674,
            used_mb: 810_623,
            avail_mb: 143_051,
            used_percent: 85,
            alert_level: 'warning',
          },
        ],
        containers: [{ container_name: 'zed-external-x', latest_size_mb: 0 }],
      });
    }
    expect((await world.admin.ask(DISK_HISTORY, { id: 'nowhere' })).status).toBe(404);
  });

  it('tells what became of hosts, newest first, in pages', async () => {
    interface Page {
      readonly events: readonly { readonly id: string; readonly kind: string; readonly details: unknown }[];
      readonly next_before?: string;
    }
    const pageOf = async (route: string, query: Record<string, string>): Promise<Page> =>
      (await world.admin.ask(route, { id: HOST, query })).body as unknown as Page;
    const { events } = await pageOf(EVENTS, {});
    expect(events.map(({ kind, details }) => ({ kind, details }))).toEqual(
      expect.arrayContaining([
        { kind: 'disk-alert', details: { from: 'ok', to: 'warning' } },
        { kind: 'condition', details: { type: 'DiskWarning', effect: 'note', has: 'begun' } },
        { kind: 'status', details: expect.objectContaining({ to: 'online' }) },
      ]),
    );
    for (const route of [EVENTS, ALL_EVENTS]) {
      const first = await pageOf(route, { limit: '1' });
      const second = await pageOf(route, { limit: '1', before: first.next_before ?? '' });
      expect([first.events.length, second.events.length]).toEqual([1, 1]);
      expect(BigInt(first.events[0]?.id ?? 0)).toBeGreaterThan(BigInt(second.events[0]?.id ?? 0));
      expect(await pageOf(route, { before: '1' })).toEqual({ events: [] });
      for (const query of [{ before: 'x' }, { limit: '0' }]) {
        expect((await world.admin.ask(route, { id: HOST, query })).body['code']).toBe('INVALID_REQUEST');
      }
    }
    expect((await world.admin.ask(EVENTS, { id: 'nowhere' })).status).toBe(404);
  });

  it('knows a host that never came for the first kind only', async () => {
    const first = await world.runner.ask(HEARTBEAT, { id: 'nowhere', body: {} });
    expect([first.status, first.body['message']]).toEqual([404, 'Wolf instance not found']);
    expect((await world.runner.ask(SANDBOX_HEARTBEAT, { id: 'nowhere', body: {} })).status).toBe(200);
    expect(await listed('nowhere')).toBeUndefined();
  });

  it('forgets a host that carries nothing, and any when it is forced', async () => {
    expect((await world.admin.ask(REMOVE, { id: HOST })).body['code']).toBe('INSTANCE_IN_USE');
    expect((await world.admin.ask(REMOVE, { id: HOST, query: { force: 'maybe' } })).status).toBe(400);
    expect((await world.admin.ask(REMOVE, { id: HOST, query: { force: 'true' } })).body).toEqual({ status: 'ok' });
    const again = await world.admin.ask(REMOVE, { id: HOST });
    expect([again.status, again.body['message']]).toEqual([404, 'Wolf instance not found']);
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
