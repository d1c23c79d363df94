import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../../test/support/managed-process.js';
import { ApiInProcess } from './support/api-in-process.js';

describe('the OpenAPI document', () => {
  let api: ApiInProcess;

  beforeAll(async () => {
    api = await ApiInProcess.start();
  });

  afterAll(async () => {
    await api.close();
  });

  it('is served without a token and equals the committed one (`npm run openapi` updates it)', async () => {
    const served = await api.as(undefined).get('/api/v1/openapi.json');
    expect(served.status).toBe(200);
    const committed = await readFile(path.join(ROOT, 'docs/openapi.json'), 'utf8');
    expect(served.body).toEqual(JSON.parse(committed));
  });
});
