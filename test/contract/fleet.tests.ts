import { FLEET_ROUTES } from './shapes/fleet.js';
import { ContractWorld, HOST } from './support/contract-world.js';

const CORDON = 'POST /api/v1/wolf-instances/{id}/cordon';
const UNCORDON = 'POST /api/v1/wolf-instances/{id}/uncordon';
const DRAIN = 'POST /api/v1/wolf-instances/{id}/drain';
const EDIT = 'PATCH /api/v1/wolf-instances/{id}';
const PLACEMENT = 'GET /api/v1/sessions/{id}/placement';
const EXPLAIN = 'POST /api/v1/admin/placement/explain';

describe('the contract of operators', () => {
  let world: ContractWorld;

  beforeAll(async () => {
    world = await ContractWorld.start(FLEET_ROUTES);
  });
  afterAll(async () => {
    await world.close();
  });

  async function refused(route: string, body: unknown, id = HOST): Promise<readonly unknown[]> {
    const answer = await world.admin.ask(route, { id, body });
    return [answer.status, answer.body['code']];
  }

  it('tells strangers apart', async () => {
    await world.refuseStrangers(await world.session());
  });

  it('takes a host out of rotation and back', async () => {
    expect((await world.admin.ask(CORDON, { id: HOST })).body).toMatchObject({ id: HOST, status: 'cordoned' });
    const draining = await world.admin.ask(DRAIN, { id: HOST, body: { reason: 'upgrade', deadline_s: 3_600 } });
    expect(draining.body).toMatchObject({ status: 'draining' });
    expect((await world.admin.ask(UNCORDON, { id: HOST })).body).toMatchObject({ status: 'online' });
  });

  it('edits what the operator decides, and takes null for his word taken back', async () => {
    const edited = await world.admin.ask(EDIT, { id: HOST, body: { max_sandboxes: 3, labels: { region: 'eu' } } });
    expect(edited.body).toMatchObject({ max_sandboxes: 3 });
    const cleared = await world.admin.ask(EDIT, { id: HOST, body: { max_sandboxes: null, labels: null } });
    expect(cleared.body).toMatchObject({ max_sandboxes: 20 });
    expect((await world.admin.ask(EDIT, { id: HOST, body: {} })).status).toBe(200);
  });

  it('says what is wrong, and knows no other hosts', async () => {
    for (const route of [CORDON, UNCORDON, DRAIN, EDIT]) {
      expect(await refused(route, {}, 'nowhere')).toEqual([404, 'NOT_FOUND']);
    }
    expect(await refused(CORDON, { reason: 7 })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused(CORDON, { reason: 'x'.repeat(201) })).toEqual([400, 'INVALID_INSTANCE']);
    expect(await refused(DRAIN, { deadline_s: -1 })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused(DRAIN, { reason: 'a\nb' })).toEqual([400, 'INVALID_INSTANCE']);
    expect(await refused(EDIT, [])).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused(EDIT, { max_sandboxes: 1e9 })).toEqual([400, 'INVALID_INSTANCE']);
    const both = await world.admin.ask(EDIT, { id: HOST, body: { max_sandboxes: '3', labels: { region: 1 } } });
    expect([both.status, both.body['message']]).toEqual([
      400,
      'labels must be an object of texts, or null for none; max_sandboxes must be a whole number, or null',
    ]);
  });

  it('explains a placement that was made, and one that is not', async () => {
    const id = await world.session();
    const own = (await world.owner.ask(PLACEMENT, { id })).body;
    expect(own).toMatchObject({ session_id: id, outcome: 'placed', chosen: true, wolf_instance_id: HOST });
    expect(own).not.toHaveProperty('hosts');
    expect((await world.admin.ask(PLACEMENT, { id })).body).toMatchObject({
      hosts: [{ id: HOST, chosen: true, why: expect.stringContaining('chosen: least-loaded') as string }],
    });
    await world.api.dataSource.query('DELETE FROM placement_decisions');
    expect((await world.owner.ask(PLACEMENT, { id })).body['code']).toBe('NOT_FOUND');

    expect((await world.admin.ask(EXPLAIN, { body: { session_id: id } })).body).toMatchObject({
      outcome: 'placed',
      hosts: [{ id: HOST, why: expect.stringContaining('its workspace is there') as string }],
    });
    const elsewhere = {
      gpu_vendor: 'AMD',
      host_labels: { region: 'eu' },
      image: 'x:1',
      preferred_wolf_instance_id: HOST,
    };
    expect((await world.admin.ask(EXPLAIN, { body: elsewhere })).body).toMatchObject({
      outcome: 'refused',
      reason: 'no-matching-gpu',
      hosts: [{ id: HOST, why: 'gpu_vendor unknown ≠ amd', obstacle: { code: 'gpu-vendor', has: '', wants: 'amd' } }],
    });
    const anyOf = { ...elsewhere, gpu_vendor: ['AMD', 'intel'] };
    expect((await world.admin.ask(EXPLAIN, { body: anyOf })).body).toMatchObject({
      hosts: [{ why: 'gpu_vendor unknown ≠ amd or intel' }],
    });
    for (const wrong of [{ host_labels: { a: 1 } }, { gpu_vendor: [['amd']] }, { gpu_vendor: Array(9).fill('amd') }]) {
      expect((await world.admin.ask(EXPLAIN, { body: wrong })).body['code']).toBe('INVALID_REQUEST');
    }
    for (const session_id of ['ses_01kata7wrce3cd5j3hg5ttvjw6', 'x']) {
      expect((await world.admin.ask(EXPLAIN, { body: { session_id } })).body['code']).toBe('SESSION_NOT_FOUND');
    }
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
