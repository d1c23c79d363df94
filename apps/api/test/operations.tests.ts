import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../../test/support/managed-process.js';
import { ApiInProcess } from './support/api-in-process.js';

describe('docs/operations.md', () => {
  let api: ApiInProcess;

  beforeAll(async () => {
    api = await ApiInProcess.start({ METRICS_PUBLIC: 'true' });
  });

  afterAll(async () => {
    await api.close();
  });

  it('lists each series of ours that /metrics serves, and no others', async () => {
    const metrics = (await api.as(undefined).get('/metrics')).bytes.toString();
    const served = [...metrics.matchAll(/^# TYPE (helix_\w+)/gm)].map(([, name]) => name);
    const document = await readFile(path.join(ROOT, 'docs/operations.md'), 'utf8');
    const listed = [...document.matchAll(/^\| `(helix_\w+)`/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(served.toSorted());
    expect(listed.length).toBeGreaterThan(5);
  });
});
