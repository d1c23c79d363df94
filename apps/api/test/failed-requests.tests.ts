import { createLogger } from '@helix/program';
import { createMigratedDatabase } from '../../../test/support/postgres.js';
import { ApiKeysService } from '../src/api-keys/api-keys.service.js';
import { startApi } from '../src/bootstrap/start-api.js';
import { readApiConfig } from '../src/config/api-config.js';
import { RUNNER_TOKEN } from './support/api-in-process.js';

describe('the log at its usual level', () => {
  it('logs one line for a 503, with request id, code and reason', async () => {
    const database = await createMigratedDatabase();
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const config = readApiConfig({ HOST: '127.0.0.1', PORT: '0', RUNNER_TOKEN });
    const logger = createLogger({ app: 'api', level: config.logLevel, destination });
    const api = await startApi(config, database.url, logger);
    try {
      const { secret } = await api.app
        .get(ApiKeysService)
        .create({ ownerId: 'owner', name: 'test', isAdmin: false, expiresAt: null });
      const answer = await fetch(`${api.url}/api/v1/external-agents?access_token=secret`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'x-request-id': 'asked-by-a-user' },
        body: '{}',
      });
      const { code, message } = (await answer.json()) as { code: string; message: string };
      expect([answer.status, code]).toEqual([503, 'PLACEMENT_NONE_REGISTERED']);
      const told = lines.filter((line) => line.includes('asked-by-a-user'));
      expect(told).toHaveLength(1);
      expect(JSON.parse(told[0] ?? '')).toEqual({
        level: 'warn',
        time: expect.any(String) as string,
        app: 'api',
        requestId: 'asked-by-a-user',
        method: 'POST',
        path: '/api/v1/external-agents',
        status: 503,
        code,
        reason: expect.stringContaining(message) as string,
        msg: 'a request failed',
      });
      expect(lines.join('')).not.toContain('access_token');
    } finally {
      await api.close();
      await database.drop();
    }
  });
});
