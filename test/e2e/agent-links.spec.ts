import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { frontsHere, type Front } from '../support/front.js';
import { ManagedProcess } from '../support/managed-process.js';

const RETURN_LIMIT_MS = 40_000;
/** Two restarts, with a proxy that takes its time to say that no server is there. */
const RESTARTS_LIMIT_MS = 120_000;

/** Real: the API, agents, PostgreSQL, and the proxies that are installed. */
describe('the links of agents', () => {
  let plane: ControlPlane;
  let front: Front | undefined;
  let agents: ManagedProcess[];

  beforeEach(async () => {
    agents = [];
    plane = await ControlPlane.start();
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await front?.close();
    front = undefined;
    await plane.close();
  });

  function startAgent(url: string): ManagedProcess {
    const agent = ManagedProcess.start(
      'apps/revdial-agent/dist/main.js',
      ['--tunnel=wolf-a=127.0.0.1:9', '--tunnel=moonlight-a=127.0.0.1:9'],
      { HELIX_API_URL: url, RUNNER_TOKEN: plane.runnerToken },
    );
    agents.push(agent);
    return agent;
  }

  async function transports(): Promise<readonly unknown[]> {
    await plane.connected('wolf-a', RETURN_LIMIT_MS);
    await plane.connected('moonlight-a', RETURN_LIMIT_MS);
    return (await plane.runners()).map((runner) => runner['transport']);
  }

  it.each(frontsHere())(
    'behind %s come back over what carried them after restarts of the API',
    async (_name, start) => {
      front = await start(Number(new URL(plane.url).port));
      const agent = startAgent(front.url);
      expect(await transports()).toEqual(['mux', 'mux']);
      for (const isOrderly of [true, false]) {
        const troubles = (): number =>
          agent.lines.filter((line) => /"msg":"not (connected|resumed)"/.test(line)).length;
        const before = troubles();
        if (isOrderly) await plane.api.stop();
        else await plane.crash();
        await eventually(() => {
          expect(troubles()).toBeGreaterThan(before + 2);
        }, RETURN_LIMIT_MS);
        await plane.restart();
        expect(await transports()).toEqual(['mux', 'mux']);
      }
      expect(agent.lines.join('\n')).not.toContain('generation 3');
      expect(agent.lines.join('\n')).not.toContain('mux-websocket"');
    },
    RESTARTS_LIMIT_MS,
  );

  it('of two machines with one id: the second is refused, and its operator sees it', async () => {
    const first = startAgent(plane.url);
    expect(await transports()).toEqual(['mux', 'mux']);
    const second = startAgent(plane.url);
    expect(await second.message('not connected')).toMatchObject({ code: 'UNAVAILABLE', status: 409 });
    const conditions = async (): Promise<unknown> =>
      (await plane.admin.get('/api/v1/wolf-instances/a')).body['conditions'];
    await eventually(async () => {
      expect(await conditions()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            type: 'TwoMachines',
            effect: 'note',
            message: expect.stringContaining('127.0.0.1') as string,
          }),
        ]),
      );
    }, 20_000);
    const events = (await plane.admin.get('/api/v1/wolf-instances/a/events')).body['events'] as { message: string }[];
    expect(events.map(({ message }) => message).join('\n')).toContain('two machines claim this id');
    expect(plane.api.lines.filter((line) => line.includes('another machine asks for a runner'))).toHaveLength(1);
    // Killed on its own machine: the other may have the id at once.
    first.kill('SIGKILL');
    await second.message('connected');
    expect(await transports()).toEqual(['mux', 'mux']);
  });
});
