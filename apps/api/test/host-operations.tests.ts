import { FleetEvents } from '@helix/scheduler';
import { eventually } from '@helix/pacing/testing';
import type { RestAnswer, RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess, RUNNER_TOKEN } from './support/api-in-process.js';
import { SimulatedHost } from './support/simulated-host.js';
import { TcpRelay } from './support/tcp-relay.js';

const PATH = '/api/v1/wolf-instances/gpu-1';

describe('operators of hosts', () => {
  let api: ApiInProcess;
  let relay: TcpRelay;
  let host: SimulatedHost;
  let admin: RestClient;
  let owner: RestClient;

  beforeAll(async () => {
    api = await ApiInProcess.start({}, async (databaseUrl) => {
      const relayed = await TcpRelay.before(databaseUrl);
      relay = relayed.relay;
      return relayed.url;
    });
    host = await SimulatedHost.connect(api, 'gpu-1');
    admin = api.as(await api.userKey('root', true));
    owner = api.as(await api.userKey('owner'));
  });
  afterAll(async () => {
    await host.close();
    await api.close();
    await relay.close();
  });

  const edit = (client: RestClient, body: unknown): Promise<RestAnswer> => client.send('PATCH', PATH, body);

  async function runners(query = ''): Promise<readonly Record<string, unknown>[]> {
    const answer = await admin.get(`/api/v1/admin/runners${query}`);
    expect(answer.status).toBe(200);
    return answer.body['runners'] as readonly Record<string, unknown>[];
  }

  it('are admins only', async () => {
    for (const [client, status] of [
      [api.as(undefined), 401],
      [owner, 403],
      [api.as(RUNNER_TOKEN), 403],
    ] as const) {
      const answers = [
        await client.post(`${PATH}/cordon`, {}),
        await client.post(`${PATH}/uncordon`, {}),
        await client.post(`${PATH}/drain`, {}),
        await edit(client, { max_sandboxes: 0 }),
        await client.delete(`${PATH}?force=true`),
        await client.post('/api/v1/admin/placement/explain', {}),
      ];
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
    }
    expect(await new FleetEvents(api.dataSource).list({ limit: 100 })).not.toContainEqual(
      expect.objectContaining({ kind: 'operator' }),
    );
  });

  it('leave their name and address with what they did, once', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect((await admin.post(`${PATH}/drain`, { reason: 'upgrade', deadline_s: 600 })).status).toBe(200);
      expect((await edit(admin, { labels: { region: 'eu' }, max_sandboxes: 1 })).status).toBe(200);
    }
    const events = await new FleetEvents(api.dataSource).list({ wolfInstanceId: 'gpu-1', limit: 100 });
    const acts = events.filter(({ kind }) => kind === 'operator');
    expect(acts.map(({ message }) => message)).toEqual([
      'edited by root: labels, max_sandboxes',
      expect.stringMatching(/^drained by root: upgrade; its sessions are stopped at 20/),
    ]);
    for (const act of acts) {
      expect(act).toMatchObject({ actor: 'root', remoteAddress: expect.stringContaining('127.0.0.1') as string });
    }
  });

  it('see in the list of runners how the host of each stands', async () => {
    expect(await runners('?kind=wolf')).toMatchObject([
      {
        id: 'wolf-gpu-1',
        wolf_instance_id: 'gpu-1',
        wolf_instance: {
          status: 'draining',
          conditions: ['Draining'],
          cordoned: false,
          draining: true,
          connected_sandboxes: 0,
          max_sandboxes: 1,
        },
      },
    ]);
  });

  it('see the runners also while the database is away, without their hosts', async () => {
    relay.mode = 'cut';
    const listed = await runners('?kind=wolf');
    relay.mode = 'open';
    expect(listed).toMatchObject([{ id: 'wolf-gpu-1', state: 'connected' }]);
    expect(listed[0]).not.toHaveProperty('wolf_instance');
    await eventually(async () => {
      expect(await runners('?kind=wolf')).toMatchObject([{ wolf_instance: { draining: true } }]);
    });
  });

  it('have the refused told why, in a sentence and in numbers, without the names of hosts', async () => {
    const waiting = await owner.post('/api/v1/external-agents', { gpu_vendor: 'amd', queue_seconds: 60 });
    const sessionId = String(waiting.body['session_id']);
    expect((await admin.post(`${PATH}/uncordon`)).status).toBe(200);
    const other = await owner.post('/api/v1/external-agents', { gpu_vendor: 'amd' });
    expect(other.status).toBe(503);
    expect(other.body).toMatchObject({
      code: 'PLACEMENT_NO_MATCHING_GPU',
      message: 'no GPU host that takes sessions has the GPU asked for (of 1 host: 1 of another GPU)',
      details: { placement: { reason: 'no-matching-gpu', counts: { 'gpu-vendor': 1 }, considered_count: 1 } },
    });
    expect(JSON.stringify(other.body)).not.toContain('gpu-1');
    const { details } = other.body as { readonly details: { readonly sessionId: string } };
    expect((await owner.get(`/api/v1/sessions/${details.sessionId}`)).status).toBe(404);

    const why = `/api/v1/sessions/${sessionId}/placement`;
    const seen = await owner.get(why);
    expect(seen.body).toMatchObject({ outcome: 'queued', reason: 'none-in-rotation', chosen: false });
    expect(JSON.stringify(seen.body)).not.toContain('gpu-1');
    expect((await admin.get(why)).body).toMatchObject({
      hosts: [{ id: 'gpu-1', why: expect.stringMatching(/^draining by root: upgrade, since 20/) as string }],
    });
    expect((await admin.post('/api/v1/admin/placement/explain', { session_id: sessionId })).body).toMatchObject({
      reason: 'no-matching-gpu',
      hosts: [{ why: 'gpu_vendor unknown ≠ amd' }],
    });
  });

  it('cannot remove a host that carries sessions unless they mean it', async () => {
    const running = await owner.post('/api/v1/external-agents', {});
    expect(running.status).toBe(200);
    const refused = await admin.delete(PATH);
    expect([refused.status, refused.body['code'], refused.body['message']]).toEqual([
      409,
      'INSTANCE_IN_USE',
      'the Wolf instance gpu-1 carries 1 session: stop them first, drain it, or force its removal',
    ]);
    expect((await admin.delete(`${PATH}?force=true`)).status).toBe(200);
    const [last] = await new FleetEvents(api.dataSource).list({ wolfInstanceId: 'gpu-1', limit: 1 });
    expect(last).toMatchObject({ message: 'removed by root with 1 session', actor: 'root' });
  });
});
