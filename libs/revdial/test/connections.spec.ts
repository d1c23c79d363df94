import { ManualClock } from '@helix/pacing/testing';
import { ConnectionManager, runnerIdOf } from '@helix/revdial';
import type { LinkEnd, LinkStats, RunnerLink } from '@helix/revdial';

const WOLF = runnerIdOf('wolf', 'gpu-1');

/** A link that carries nothing and does as it is told. */
class StubLink implements RunnerLink {
  readonly runnerId = WOLF;
  readonly transport = 'mux';
  readonly remoteAddress = '10.0.0.1';
  readonly connectedAt = new Date();
  readonly closed: Promise<LinkEnd>;
  end: (end: LinkEnd) => void = () => undefined;
  resumeLeftMs: number | undefined;
  tellConnection: (isResuming: boolean) => void = () => undefined;

  constructor(readonly principal = 'runner') {
    this.closed = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  get isResuming(): boolean {
    return this.resumeLeftMs !== undefined;
  }

  onConnectionChange(listener: (isResuming: boolean) => void): void {
    this.tellConnection = listener;
  }

  lose(resumeLeftMs: number): void {
    this.resumeLeftMs = resumeLeftMs;
    this.tellConnection(true);
  }

  openStream(): Promise<never> {
    return Promise.reject(new Error('carries nothing'));
  }

  stats(): LinkStats {
    return {
      lastSeenAt: new Date(),
      roundTripMs: undefined,
      unansweredMs: 0,
      openStreamCount: 0,
      bytesIn: 0,
      bytesOut: 0,
      ...(this.resumeLeftMs !== undefined && { resumeLeftMs: this.resumeLeftMs }),
    };
  }

  probe(): void {
    // It answers nothing.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): void {
    this.end({ reason: 'revoked', at: new Date() });
  }
}

describe('the state of a runner', () => {
  let clock: ManualClock;
  let connections: ConnectionManager;
  let events: string[];

  beforeEach(() => {
    clock = new ManualClock();
    connections = new ConnectionManager({ graceMs: 30_000, clock });
    events = [];
    connections.subscribe(({ type }) => events.push(type));
  });

  afterEach(() => connections.close(0));

  it('started and not connected yet -> expected, until the grace period is over', async () => {
    connections.expect(WOLF, 'runner');
    await clock.advance(10_000);
    expect(connections.find(WOLF)).toMatchObject({ state: 'expected', leftMs: 20_000, generation: 0 });
    expect(connections.isConnected(WOLF)).toBe(false);
    const dial = expect(connections.dial(WOLF)).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    await clock.advance(20_000);
    await dial;
    expect(connections.find(WOLF)).toBeUndefined();
    expect(events).toEqual(['gone']);
  });

  it('connected before a restart -> grace; expected meanwhile -> stays grace', () => {
    connections.expectBack(WOLF, 'runner');
    connections.expect(WOLF, 'runner');
    expect(connections.find(WOLF)).toMatchObject({ state: 'grace', leftMs: 30_000, generation: 0 });
  });

  it('expected, then a link -> connected, and the grace period ends nothing', async () => {
    connections.expect(WOLF, 'runner');
    connections.register(new StubLink());
    await clock.advance(60_000);
    expect(connections.find(WOLF)).toMatchObject({ state: 'connected', remoteAddress: '10.0.0.1' });
    expect(connections.isConnected(WOLF)).toBe(true);
    expect(clock.alarmCount).toBe(0);
  });

  it('connection lost → resuming; link given up → grace; the time left never jumps', async () => {
    const link = new StubLink();
    connections.register(link);
    await clock.advance(5_000);
    link.lose(20_000);
    expect(connections.find(WOLF)).toMatchObject({ state: 'resuming', resumeLeftMs: 20_000, leftMs: 30_000 });
    expect(connections.isConnected(WOLF)).toBe(false);
    await clock.advance(20_000);
    link.resumeLeftMs = 0;
    expect(connections.find(WOLF)).toMatchObject({ state: 'resuming', leftMs: 10_000 });
    link.end({ reason: 'peer-silent', at: new Date() });
    await clock.advance(0);
    expect(connections.find(WOLF)).toMatchObject({ state: 'grace', leftMs: 10_000 });
    await clock.advance(10_000);
    expect(connections.find(WOLF)).toBeUndefined();
    expect(events).toEqual(['connected', 'resuming', 'lost', 'gone']);
  });

  it('resumed -> connected; a later loss begins a whole grace period', async () => {
    const link = new StubLink();
    connections.register(link);
    link.lose(20_000);
    await clock.advance(10_000);
    link.resumeLeftMs = undefined;
    link.tellConnection(false);
    expect(connections.find(WOLF)).toMatchObject({ state: 'connected' });
    await clock.advance(10_000);
    link.end({ reason: 'peer-closed', at: new Date() });
    await clock.advance(0);
    expect(connections.find(WOLF)).toMatchObject({ state: 'grace', leftMs: 30_000 });
    expect(events).toEqual(['connected', 'resuming', 'resumed', 'lost']);
  });
});
