import type { QueryRunner } from 'typeorm';
import { ApiInProcess } from './support/api-in-process.js';

describe('while every connection to the database is in use', () => {
  let api: ApiInProcess;
  const taken: QueryRunner[] = [];

  beforeAll(async () => {
    api = await ApiInProcess.start({ DATABASE_POOL_SIZE: '2' });
  });
  afterAll(async () => {
    await Promise.all(taken.map((one) => one.release()));
    await api.close();
  });

  it('callers are told that it is busy, and not that it is away', async () => {
    const owner = api.as(await api.userKey('owner'));
    const unseen = api.as(await api.userKey('unseen'));
    expect((await owner.get('/api/v1/sessions')).status).toBe(200);
    for (let index = 0; index < 2; index += 1) {
      const one = api.dataSource.createQueryRunner();
      await one.connect();
      taken.push(one);
    }
    for (const busy of await Promise.all([owner, unseen].map((caller) => caller.get('/api/v1/sessions')))) {
      expect([busy.status, busy.body['code'], busy.headers.get('retry-after')]).toEqual([503, 'DATABASE_BUSY', '1']);
    }
    await Promise.all(taken.splice(0).map((one) => one.release()));
    expect((await owner.get('/api/v1/sessions')).status).toBe(200);
  });
});
