import { DesktopHealthService, EXTERNAL_AGENT_LIMITS } from '../src/index.js';
import { TunnelledDesktop } from './support/tunnelled-desktop.js';

describe('the health of a desktop', () => {
  let desktop: TunnelledDesktop;

  beforeAll(async () => {
    desktop = new TunnelledDesktop();
    await desktop.start();
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('is what the desktop says, its plain facts alone', async () => {
    const health = new DesktopHealthService(desktop.http);
    const facts = { status: 'ok', pid: 7, sway: true, nested: { a: 1 }, none: null, long: 'x'.repeat(300), 'a-b': 1 };
    desktop.answer = (_request, response) => response.end(JSON.stringify(facts));
    expect(await health.find(desktop.sessionId)).toEqual({ status: 'ok', pid: 7, sway: true });
  });

  it.each(['', 'ok', '[]', '{}', 'null', '{"a":{}}', `{"a":"${'x'.repeat(20_000)}"}`])(
    'is absent when it says nothing sensible: %.20s',
    async (body) => {
      const health = new DesktopHealthService(desktop.http);
      desktop.answer = (_request, response) => response.end(body);
      expect(await health.find(desktop.sessionId)).toBeUndefined();
      desktop.answer = (_request, response) => response.writeHead(500).end('{"a":1}');
      expect(await health.find(desktop.sessionId)).toBeUndefined();
    },
  );

  it('is not waited for', async () => {
    const health = new DesktopHealthService(desktop.http);
    desktop.answer = (_request, response) => {
      response.write('{');
    };
    const startedAt = performance.now();
    expect(await health.find(desktop.sessionId)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(EXTERNAL_AGENT_LIMITS.healthTimeoutMs + 1_000);
  });
});
