import { CuttingProxy, eventually } from '@helix/revdial/testing';
import { ApiDouble } from '../runner/support/api-double.js';
import { AgentRig } from './support/agent-rig.js';
import type { Behaviour } from './support/scripted-gateway.js';

const NOWHERE = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;
const CHANGE = 'changing the transport';
const OLDER = 'generation 3 is not to be had, taking an older one';

describe('the generation that an agent takes', () => {
  let rig: AgentRig;
  let older: ApiDouble | undefined;

  beforeEach(async () => {
    rig = await AgentRig.create();
  });

  afterEach(async () => {
    await rig.close();
    await older?.close();
    older = undefined;
  });

  it('is 3 on the upgraded socket where that works', async () => {
    const agent = rig.start({ 'wolf-a': NOWHERE });
    await eventually(() => expect(agent.tunnels.statuses[0]).toMatchObject({ state: 'connected', transport: 'mux' }));
    expect(agent.loggers['wolf-a']?.find('connected')?.fields).toEqual({ transport: 'mux', why: 'tried first' });
    expect(rig.gateway.asked).toHaveLength(1);
  });

  it.each<[string, Behaviour, RegExp]>([
    ['answers 426', { status: 426 }, /answered 426/],
    ['answers 502', { status: 502 }, /answered 502/],
    ['cuts the request', 'cut', /cut before it was answered/],
    ['does not answer', 'silent', /no answer to the handshake within 300 ms/],
    ['lets the answer through and nothing else', 'answer-and-silent', /then nothing came through/],
  ])('is 3 over WebSocket where something in between %s, at once, and it says why', async (_what, behaviour, why) => {
    rig.gateway.mux = behaviour;
    const agent = rig.start({ 'wolf-a': NOWHERE }, { timings: { handshakeTimeoutMs: 300 } });
    await eventually(() => expect(agent.tunnels.statuses[0]?.transport).toBe('mux-websocket'), 8_000);
    expect(agent.logger.all(CHANGE).map(({ fields }) => fields)).toEqual([
      { transport: 'mux', problem: expect.stringMatching(why) as unknown, next: 'mux-websocket' },
    ]);
    expect(agent.loggers['wolf-a']?.find('connected')?.fields['why']).toMatch(why);
  });

  it('stays with WebSocket once that has worked', async () => {
    rig.gateway.mux = { status: 426 };
    const agent = rig.start({ 'wolf-a': NOWHERE });
    await eventually(() => expect(rig.gateway.links).toHaveLength(1));
    await eventually(() => expect(agent.tunnels.statuses[0]?.state).toBe('connected'));
    rig.gateway.mux = 'serve';
    const askedBefore = rig.gateway.asked.length;
    rig.gateway.link.link.close('shutdown');
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
    expect(rig.gateway.asked.slice(askedBefore)).toMatchObject([{ transport: 'mux-websocket', runnerIds: ['wolf-a'] }]);
  });

  it('is an older one at an API that does not know 3, which never sees a link of 2 that was not meant', async () => {
    older = await ApiDouble.start();
    const agent = rig.start({ 'wolf-a': NOWHERE, 'wolf-b': NOWHERE }, {}, older.url);
    await eventually(() =>
      expect(agent.tunnels.statuses).toMatchObject([
        { runnerId: 'wolf-a', state: 'connected', transport: 'hijack' },
        { runnerId: 'wolf-b', state: 'connected', transport: 'hijack' },
      ]),
    );
    expect(older.controls.every(({ transport }) => transport === 'hijack')).toBe(true);
    expect(older.requests.map(({ kind }) => kind)).toEqual(['later-generation', 'websocket', 'hijack', 'hijack']);
    expect(agent.logger.all(OLDER).map(({ fields }) => fields)).toEqual([
      { problem: 'mux refused: answered 426; mux-websocket refused: the API is of an older generation' },
    ]);
  });

  it.each([
    ['away', 'UNREACHABLE'],
    ['closing', 'UNAVAILABLE'],
  ])('is not an older one because the API is %s', async (what, code) => {
    const answer = { status: 503, headers: { 'Retry-After': '0' } };
    const relay = await CuttingProxy.listen({ targetPort: rig.gateway.port });
    const url = `http://127.0.0.1:${String(relay.port)}`;
    if (what === 'away') await relay.close();
    else rig.gateway.mux = rig.gateway.muxWebSocket = answer;
    const agent = rig.start({ 'wolf-a': NOWHERE }, {}, url);
    await eventually(() => expect(agent.loggers['wolf-a']?.all('not connected').length).toBeGreaterThan(5));
    expect(agent.loggers['wolf-a']?.find('not connected')?.fields).toMatchObject({ code });
    expect(agent.logger.lines).toEqual([]);
    agent.tunnels.destroy();
    if (what !== 'away') await relay.close();
  });

  it('is not an older one because of a token that is refused', async () => {
    rig.gateway.mux = { status: 401, headers: { 'RevDial-Version': '3' } };
    const agent = rig.start({ 'wolf-a': NOWHERE, 'wolf-b': NOWHERE }, { timings: { refusedAfterMs: 0 } });
    expect(await agent.tunnels.closed).toEqual({ reason: 'refused', status: 401 });
    expect(agent.tunnels.statuses.map(({ state }) => state)).toEqual(['refused', 'refused']);
    expect(rig.gateway.asked).toHaveLength(1);
  });

  it('is an older one where both carriers are cut again and again, not after the first time', async () => {
    rig.gateway.mux = rig.gateway.muxWebSocket = 'cut';
    const agent = rig.start({ 'wolf-a': NOWHERE });
    await eventually(() => expect(agent.logger.find(OLDER)).toBeDefined());
    expect(agent.loggers['wolf-a']?.all('not connected').length).toBe(1);
    const transports = rig.gateway.asked.map(({ transport }) => transport);
    expect(transports.slice(0, 4)).toEqual(['mux', 'mux-websocket', 'mux', 'mux-websocket']);
    await eventually(() => expect(rig.gateway.asked.some(({ transport }) => transport === 'older')).toBe(true));
  });

  it.each(['mux', 'mux-websocket'] as const)('is 3 over %s and nothing else when told so', async (transport) => {
    rig.gateway.mux = rig.gateway.muxWebSocket = { status: 426 };
    rig.start({ 'wolf-a': NOWHERE }, { transport });
    await eventually(() => expect(rig.gateway.asked.length).toBeGreaterThan(4));
    expect(new Set(rig.gateway.asked.map((asked) => asked.transport))).toEqual(new Set([transport]));
  });

  it('becomes 3 when the API has learned it, by a question that disturbs nothing', async () => {
    rig.gateway.mux = rig.gateway.muxWebSocket = { status: 426 };
    const agent = rig.start({ 'wolf-a': NOWHERE }, { probeTurnMs: 20 });
    await eventually(() => expect(agent.logger.find(OLDER)).toBeDefined());
    await eventually(() =>
      expect(rig.gateway.asked.filter(({ runnerIds }) => runnerIds.length === 0).length).toBeGreaterThan(3),
    );
    rig.gateway.mux = rig.gateway.muxWebSocket = 'serve';
    await eventually(() => expect(agent.tunnels.statuses[0]).toMatchObject({ state: 'connected', transport: 'mux' }));
    expect(agent.logger.find('the API speaks generation 3 now')).toBeDefined();
    const askedBefore = rig.gateway.asked.length;
    await agent.tunnels.close(100);
    expect(rig.gateway.asked).toHaveLength(askedBefore);
  });
});
