import { eventually } from '@helix/pacing/testing';
import { ApiInProcess, RUNNER_TOKEN } from './support/api-in-process.js';

describe('DELETE /api/v1/wolf-instances/:id', () => {
  let api: ApiInProcess;

  beforeAll(async () => {
    api = await ApiInProcess.start();
  });
  afterAll(async () => {
    await api.close();
  });

  it('is refused while the host carries sessions; forced, it stops them', async () => {
    const owner = api.as(await api.userKey('owner'));
    const admin = api.as(await api.userKey('root', true));
    const registered = await api
      .as(RUNNER_TOKEN)
      .post('/api/v1/wolf-instances/register', { id: 'gpu-1', name: 'gpu-1', address: '10.0.0.1' });
    expect(registered.status).toBe(200);
    const id = await api.runningSession('owner');
    await api.dataSource.query(`UPDATE sessions SET wolf_instance_id = 'gpu-1' WHERE id = $1`, [id]);
    await api.dataSource.query(
      `INSERT INTO placements (session_id, wolf_instance_id, state) VALUES ($1, 'gpu-1', 'confirmed')`,
      [id],
    );
    await api.dataSource.query('UPDATE wolf_capacities SET confirmed = 1, unseen = 1');
    const refused = await admin.delete('/api/v1/wolf-instances/gpu-1');
    expect([refused.status, refused.body['code']]).toEqual([409, 'INSTANCE_IN_USE']);
    expect((await admin.delete('/api/v1/wolf-instances/gpu-1?force=true')).status).toBe(200);
    await eventually(async () => {
      const rows = await api.dataSource.query<object[]>('SELECT state, reason FROM sessions');
      expect(rows).toMatchObject([{ state: 'stopped', reason: { code: 'HOST_REMOVED' } }]);
    });
    expect((await owner.get(`/api/v1/sessions/${id}`)).status).toBe(200);
    expect((await admin.delete('/api/v1/wolf-instances/gpu-1?force=true')).status).toBe(404);
  });
});
