import { fileURLToPath } from 'node:url';

import { ControlServer, SimulatedGpuHost, type InputRecord, type MoonlightStatus } from '@helix/sandbox-simulator';

import { eventually } from '@helix/pacing/testing';
import { initMessage, OFFER } from './init-message.js';
import { CREDENTIALS } from './moonlight-fixture.js';
import { RawStream } from './raw-stream.js';

const AGENT = fileURLToPath(new URL('../fixtures/fake-agent.mjs', import.meta.url));

describe('a simulated GPU host with the credentials of its Moonlight Web', () => {
  let host: SimulatedGpuHost;
  let control: ControlServer;
  let controlUrl: string;
  const start = async (options: object): Promise<void> => {
    host = new SimulatedGpuHost({
      apiUrl: 'http://127.0.0.1:9',
      agentPath: AGENT,
      relay: false,
      desktops: 'none',
      moonlight: 'scripted',
      ...options,
    });
    await host.start();
    control = new ControlServer(host);
    controlUrl = await control.listen(0);
  };
  const ask = async (method: string, path: string, body?: object): Promise<[number, unknown]> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${controlUrl}${path}`, init);
    return [response.status, await response.json()];
  };

  afterEach(async () => {
    await control.close();
    await host.close();
  });

  it('streams, and tells of it and changes it through its control server', async () => {
    await start({ moonlightCredentials: CREDENTIALS, moonlightDialect: 'H' });
    const stream = await RawStream.open(host.moonlight!.address);
    stream.sendText(initMessage());
    stream.sendText(OFFER);
    await stream.next(20);
    const [, status] = (await ask('GET', '/moonlight')) as [number, MoonlightStatus];
    expect(status).toMatchObject({ dialect: 'H', sessions: [{ hasWebsocket: true }], violations: [] });
    expect(host.wolf.sessionCount).toBe(1);
    expect((await ask('POST', '/faults', { moonlight: { appNotFoundTimes: 2, kick: true } }))[0]).toBe(200);
    await stream.ended();
    expect([stream.messages.at(-1), host.moonlight?.faults.appNotFoundTimes]).toEqual(['ClientKicked', 2]);
    expect(await ask('GET', '/moonlight/inputs?client_unique_id=x')).toEqual([200, [] satisfies InputRecord[]]);
    expect(await ask('DELETE', '/moonlight/inputs')).toEqual([200, { cleared: true }]);
    stream.drop();
    await eventually(() => {
      expect(host.wolf.sessionCount).toBe(0);
    });
  });

  it('has none without them', async () => {
    await start({});
    expect(host.moonlight).toBeUndefined();
    expect((await ask('GET', '/moonlight'))[0]).toBe(404);
    expect(await ask('POST', '/faults', { moonlight: {} })).toEqual([400, { error: 'this host has no Moonlight Web' }]);
  });
});
