import { ControlPlane } from '../support/control-plane.js';
import { GpuHost } from '../support/gpu-host.js';

describe('placement under load', () => {
  let plane: ControlPlane;
  const hosts: GpuHost[] = [];

  beforeAll(async () => {
    plane = await ControlPlane.start();
    for (const [instanceId, slots] of [
      ['one', 12],
      ['two', 8],
    ] as const) {
      hosts.push(await GpuHost.start(plane, instanceId, ['--desktops', 'none', '--max-sandboxes', String(slots)]));
    }
  });

  afterAll(async () => {
    for (const host of hosts) await host.close();
    await plane.close();
  });

  it('64 creates at once on 20 free slots: 20 run, 44 are refused as full', async () => {
    const user = await plane.user('alice');
    const answers = await Promise.all(Array.from({ length: 64 }, () => user.post('/api/v1/external-agents', {})));
    const running = answers.filter((answer) => answer.status === 200);
    const refused = answers.filter((answer) => answer.status === 503);
    expect([running.length, refused.length]).toEqual([20, 44]);
    expect(new Set(refused.map((answer) => answer.body['code']))).toEqual(new Set(['PLACEMENT_ALL_FULL']));
    expect(refused[0]?.headers.get('retry-after')).toBe('30');
    const carried = new Map<string, number>();
    for (const answer of running) {
      const instance = String(answer.body['wolf_instance_id']);
      carried.set(instance, (carried.get(instance) ?? 0) + 1);
    }
    expect(Object.fromEntries(carried)).toEqual({ one: 12, two: 8 });
    expect(await Promise.all(hosts.map(async (host) => (await host.wolf())['lobbyCount']))).toEqual([12, 8]);

    // A slot that becomes free is given again, and only once.
    await user.delete(`/api/v1/external-agents/${String(running[0]?.body['session_id'])}`);
    const next = await Promise.all(Array.from({ length: 4 }, () => user.post('/api/v1/external-agents', {})));
    expect(next.map((answer) => answer.status).toSorted()).toEqual([200, 503, 503, 503]);
  });

  it('says why there is no place: no such GPU', async () => {
    const user = await plane.user('alice');
    const answer = await user.post('/api/v1/external-agents', { gpu_vendor: 'amd' });
    expect([answer.status, answer.body['code']]).toEqual([503, 'PLACEMENT_NO_MATCHING_GPU']);
  });
});
