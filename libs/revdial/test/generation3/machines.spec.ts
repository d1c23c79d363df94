import { randomBytes } from 'node:crypto';
import { runnerIdOf } from '@helix/revdial';
import type { OtherMachine } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { RecordingLogger } from '../runner/support/recording-logger.js';
import { RawRunner } from '../support/raw-runner.js';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';
import { ScriptedAgent } from './support/scripted-agent.js';
import type { Refused, ScriptedAgentOptions } from './support/scripted-agent.js';

const WOLF = runnerIdOf('wolf', '7');
const TWO = 'another machine asks for a runner that one has already; it is refused';
const machineId = (): string => randomBytes(16).toString('base64url');

describe('two machines with one runner id', () => {
  let replica: Replica;
  let logger: RecordingLogger;
  let claims: OtherMachine[];
  let agents: ScriptedAgent[];
  const first = machineId();

  beforeEach(async () => {
    logger = new RecordingLogger();
    claims = [];
    agents = [];
    replica = await Replica.start({
      gateway: {
        logger,
        resumableTimings: { pingAfterMs: 300, silenceLimitMs: 300 },
        machineProofMs: 700,
        onOtherMachine: (claim) => claims.push(claim),
      },
    });
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.close()));
    await replica.close();
  });

  async function open(more: Partial<ScriptedAgentOptions> = {}): Promise<ScriptedAgent | Refused> {
    const timings = { pingAfterMs: 100, silenceLimitMs: 10_000 };
    const options = { port: replica.port, token: RUNNER_TOKEN, runnerIds: ['wolf-7'], timings, ...more };
    const opened = await ScriptedAgent.tryOpen(options);
    if (opened instanceof ScriptedAgent) agents.push(opened);
    return opened;
  }

  async function hold(more: Partial<ScriptedAgentOptions> = {}): Promise<ScriptedAgent> {
    const opened = await open(more);
    if (!(opened instanceof ScriptedAgent)) throw new Error(`refused: ${String(opened.status)}`);
    return opened;
  }

  it('refuses the second while the first stands and answers, and tells of it', async () => {
    const holder = await hold({ machineId: first });
    const second = await open({ machineId: machineId(), runnerIds: ['moonlight-7', 'wolf-7'] });
    expect(second).toMatchObject({ status: 409, body: expect.stringMatching(/another machine .*: wolf-7$/) as string });
    expect(second instanceof ScriptedAgent ? undefined : second.headers.get('revdial-conflict')).toBe('other-machine');
    // Told of when it is sure, and once, however often the other asks.
    await open({ machineId: machineId() });
    await eventually(() =>
      expect(claims).toEqual([
        { runnerId: WOLF, remoteAddress: expect.any(String) as string, holderAddress: expect.any(String) as string },
      ]),
    );
    expect(replica.counters.otherMachinesRefused).toBe(2);
    expect(logger.all(TWO)).toMatchObject([{ level: 'warn', fields: { runnerId: WOLF } }]);
    expect(holder.ends).toEqual([]);
    expect(replica.connections.list().map(({ runnerId, state }) => [runnerId, state])).toEqual([[WOLF, 'connected']]);
  });

  it.each<[string, (holder: ScriptedAgent) => void]>([
    ['was killed: its connection is gone', (holder) => holder.socket.resetAndDestroy()],
    ['went away in order', (holder) => holder.mux.destroy('done')],
  ])('lets the second in at once when the first %s', async (_what, end) => {
    end(await hold({ machineId: first }));
    await eventually(async () => expect(await open({ machineId: machineId() })).toBeInstanceOf(ScriptedAgent));
  });

  it('a restarted machine behind a NAT replaces its silent link without a notice', async () => {
    const silent = await hold({ machineId: first, timings: { pingAfterMs: 60_000, silenceLimitMs: 60_000 } });
    silent.socket.pause();
    const restarted = machineId();
    expect(await open({ machineId: restarted })).toMatchObject({ status: 409 });
    await eventually(async () => expect(await open({ machineId: restarted })).toBeInstanceOf(ScriptedAgent));
    // By then the doubt about the first refusal is over, too.
    await eventually(() => expect(logger.all(TWO)).toHaveLength(1));
    const third = machineId();
    await open({ machineId: third });
    await eventually(() => expect(claims).toHaveLength(1));
  });

  it.each<[string, string | undefined, string | undefined]>([
    ['of one machine', first, first],
    ['of agents that do not say which machine they are', undefined, undefined],
    ['of one that does not say, behind one that does', first, undefined],
    ['of one that says, behind one that does not', undefined, first],
  ])('the newer link wins, as ever, %s', async (_what, older, newer) => {
    const one = await hold(older === undefined ? {} : { machineId: older });
    await hold(newer === undefined ? {} : { machineId: newer });
    await eventually(() => expect(one.ends).toMatchObject([{ code: 'superseded' }]));
    expect(claims).toEqual([]);
  });

  it('a link of an older generation wins too, and the machine that lost may come back', async () => {
    const one = await hold({ machineId: first });
    const runner = await RawRunner.connect({
      generation: 1,
      port: replica.port,
      runnerId: 'wolf-7',
      token: RUNNER_TOKEN,
      servicePort: 9,
    });
    await eventually(() => expect(one.ends).toMatchObject([{ code: 'superseded' }]));
    expect(await open({ machineId: machineId() })).toBeInstanceOf(ScriptedAgent);
    runner.kill();
  });

  it('refuses a machine id that is none', async () => {
    expect(await open({ machineId: 'short' })).toMatchObject({
      status: 400,
      body: expect.stringContaining('RevDial-Machine') as string,
    });
  });
});
