import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../../test/support/managed-process.js';
import { ApiInProcess } from './support/api-in-process.js';

describe('what the frontend reads before login', () => {
  it('are the settings of streams and the version, and nothing else', async () => {
    const api = await ApiInProcess.start({ STREAMING_BITRATE_MBPS: '25' });
    try {
      const manifest: unknown = JSON.parse(await readFile(path.join(ROOT, 'apps/api/package.json'), 'utf8'));
      const { version } = manifest as { readonly version: string };
      expect((await api.as(undefined).get('/api/v1/config')).body).toEqual({
        moonlight_web_mode: 'single',
        streaming_bitrate_mbps: 25,
        version,
        latest_version: version,
      });
    } finally {
      await api.close();
    }
  });
});
