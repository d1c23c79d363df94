import { ScriptedService, TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';

export const MOONLIGHT_CREDENTIALS = 'credentials-of-this-test';

export interface ScriptedMoonlight {
  readonly service: ScriptedService;
  readonly runner: TestRunner;
}

/** A host's Moonlight Web behind a link, which answers as a test wants it to. Resolves when the API counts it as connected. */
export async function connectScriptedMoonlight(api: ApiInProcess, instanceId: string): Promise<ScriptedMoonlight> {
  const service = new ScriptedService({ credentials: MOONLIGHT_CREDENTIALS });
  const runnerId = `moonlight-${instanceId}`;
  const runner = await TestRunner.connect({ api: api.url, runnerId, token: RUNNER_TOKEN, service: service.handle });
  const admin = api.as(await api.userKey('watcher', true));
  await eventually(async () => {
    const { body } = await admin.get('/api/v1/admin/runners');
    expect(JSON.stringify(body)).toContain(`"${runnerId}"`);
  });
  return { service, runner };
}
