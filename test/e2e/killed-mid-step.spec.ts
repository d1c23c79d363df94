import { createSessionId } from '@helix/external-agent';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import { HeldPoints } from '../support/held-points.js';
import type { RestClient } from '../support/rest-client.js';

/** A dead replica's claims run out after 30 s (docs/limits.md); then the sessions of a host are finished two at a time. */
const FINISHED_WITHIN_MS = 45_000;

interface Killed {
  /** The step at which the API is killed, and whether what it was writing is written all the same. */
  readonly step: string;
  readonly point: string | undefined;
  readonly isWritten: boolean;
  readonly host: 'main' | 'slow' | 'deaf';
  /** The state in which the kill leaves the row; null: there is none. */
  readonly leaves: string | null;
  readonly sessionId: string;
}

/** Step, point, and the row's state when it is written and when it is not. */
type Step = readonly [step: string, point: string, written: string, notWritten: string | null];

// Slots are confirmed and released under one lock, so only one such step can be held at a time. A kill before it leaves what the step
// before leaves when it is written, a kill after it what the step after leaves when it is not.
const STARTS: readonly Step[] = [
  ['the session is inserted', 'sessions INSERT', 'queued', null],
  ['it is claimed', 'claimed in queued', 'queued', 'queued'],
  ['it is placing', 'state placing', 'placing', 'queued'],
  ['it is starting', 'state starting', 'starting', 'placing'],
  ['its token is issued', 'api_keys INSERT', 'starting', 'starting'],
  ['it is running', 'state running', 'running', 'starting'],
  ['its claim is given back', 'released in running', 'running', 'running'],
];
const STOPS: readonly Step[] = [
  ['the wish is recorded', 'desired stopped', 'running', 'running'],
  ['it is claimed', 'claimed in running', 'running', 'running'],
  ['it is stopping', 'state stopping', 'stopping', 'running'],
  ['its token is revoked', 'api_keys DELETE', 'stopping', 'stopping'],
  ['it is stopped', 'state stopped', 'stopped', 'stopping'],
  ['its claim is given back', 'released in stopped', 'stopped', 'stopped'],
];

const bothWays = (steps: readonly Step[]): readonly Killed[] =>
  steps.flatMap(([step, point, written, notWritten]) =>
    [true, false].map((isWritten) => ({
      step: `${step}, ${isWritten ? 'written' : 'not written'}`,
      point,
      isWritten,
      host: 'main' as const,
      leaves: isWritten ? written : notWritten,
      sessionId: createSessionId(),
    })),
  );
const asked = (step: string, host: Killed['host'], leaves: string, point?: string): Killed => ({
  step,
  point,
  isWritten: false,
  host,
  leaves,
  sessionId: createSessionId(),
});

const starts = bothWays(STARTS);
const stops = bothWays(STOPS);
const creating = asked('Wolf makes the lobby', 'slow', 'starting');
const stopping = asked('Wolf is asked to stop the lobby', 'deaf', 'stopping');
// In a transaction of its own, which is never committed. One at a time: placements exclude each other.
const placing = asked('its slot is reserved', 'main', 'placing', 'placements INSERT');

const all = [...starts, creating, placing, ...stops, stopping];

const VENDORS = { main: 'nvidia', slow: 'amd', deaf: 'intel' } as const;

/** Real: all processes, their links, PostgreSQL, the claims that run out. Simulated: Wolf. */
describe('kill -9 of the API', () => {
  let plane: ControlPlane;
  let user: RestClient;
  let points: HeldPoints;
  const hosts = new Map<string, GpuHost>();

  const create = ({ sessionId, host }: Killed) =>
    user.post('/api/v1/external-agents', { session_id: sessionId, gpu_vendor: VENDORS[host] });
  const stop = ({ sessionId }: Killed) => user.delete(`/api/v1/external-agents/${sessionId}`);

  /** What the session holds, wherever it is held; no state: there is no such session. */
  async function holdings({ sessionId }: Killed): Promise<Record<string, unknown>> {
    const [row] = await points.query(
      `SELECT (SELECT state FROM sessions WHERE id = $1) AS state,
         (SELECT count(*)::int FROM placements WHERE session_id = $1) AS slots,
         (SELECT count(*)::int FROM api_keys WHERE session_id = $1) AS tokens`,
      [sessionId],
    );
    const lobbies = await Promise.all([...hosts.values()].map((host) => host.lobbySessionIds()));
    return { ...row, lobbies: lobbies.flat().filter((id) => id === sessionId).length };
  }

  beforeAll(async () => {
    plane = await ControlPlane.start({ DATABASE_POOL_SIZE: '60' });
    for (const [id, vendor] of Object.entries(VENDORS)) {
      const args = ['--desktops', 'none', '--max-sandboxes', '50', '--gpu-vendor', vendor];
      hosts.set(id, await GpuHost.start(plane, id, args));
    }
    user = await plane.user('alice');
    points = await HeldPoints.open(plane.databaseUrl);

    for (const each of [...stops, stopping]) expect((await create(each)).status).toBe(200);
    await hosts.get('slow')?.faults({ createDelayMs: 6_000 });
    await hosts.get('deaf')?.faults({ answer: { kind: 'silent', path: '/api/v1/lobbies/stop', count: 1 } });

    // The answers are lost.
    const begin = (command: Promise<unknown>): void => void command.catch(() => undefined);
    for (const each of [...starts, ...stops]) await points.hold(each.sessionId, each.point ?? '');
    for (const each of starts) begin(create(each));
    for (const each of stops) begin(stop(each));
    for (const each of [...starts, ...stops]) await points.reached(each.sessionId);
    begin(stop(stopping));
    await eventually(async () => {
      expect((await hosts.get('deaf')?.wolf())?.['faults']).toMatchObject({ answer: { count: 0 } });
    });
    begin(create(creating));
    await eventually(async () => {
      expect((await hosts.get('slow')?.wolf())?.['lobbyCount']).toBe(1);
    });
    await points.hold(placing.sessionId, 'placements INSERT');
    begin(create(placing));
    await points.reached(placing.sessionId);

    await plane.crash();
    await points.letGo([...starts, ...stops].filter((each) => !each.isWritten).map((each) => each.sessionId));
    // Each was killed where it should be.
    const left = await Promise.all(all.map(async (each) => [each.step, (await holdings(each))['state']]));
    expect(left).toEqual(all.map((each) => [each.step, each.leaves]));
    await plane.restart();

    await eventually(async () => {
      const unfinished = await points.query(
        `SELECT id, state, desired FROM sessions
         WHERE lease_holder IS NOT NULL AND lease_expires_at > now()
           OR state <> CASE desired WHEN 'running' THEN 'running' ELSE 'stopped' END`,
      );
      expect(unfinished).toEqual([]);
    }, FINISHED_WITHIN_MS);
  }, 120_000);

  afterAll(async () => {
    for (const host of hosts.values()) {
      expect(await host.wolf()).toMatchObject({ uncaughtExceptionCount: 0, suspectIdCount: 0 });
      await host.close();
    }
    await points.close();
    await plane.close();
  });

  const RUNNING = { state: 'running', lobbies: 1, slots: 1, tokens: 1 };
  const STOPPED = { state: 'stopped', lobbies: 0, slots: 0, tokens: 0 };

  it.each([...starts, creating, placing])('during a start, as $step: the desktop comes up, once', async (each) => {
    const isLost = each.point === 'sessions INSERT' && !each.isWritten;
    expect(await holdings(each)).toEqual(isLost ? { state: null, lobbies: 0, slots: 0, tokens: 0 } : RUNNING);
    // A client without an answer asks again, and is given this very desktop.
    const again = await create(each);
    expect([again.status, again.body['session_id'], again.body['status']]).toEqual([200, each.sessionId, 'running']);
    expect(await holdings(each)).toEqual(RUNNING);
  });

  it.each([...stops, stopping])('during a stop, as $step: the desktop goes, and nothing is left', async (each) => {
    const isLost = each.point === 'desired stopped' && !each.isWritten;
    expect(await holdings(each)).toEqual(isLost ? RUNNING : STOPPED);
    expect((await stop(each)).status).toBe(200);
    expect(await holdings(each)).toEqual(STOPPED);
  });

  it('leaves as many lobbies and slots as sessions run', async () => {
    const [row] = await points.query<{ running: number; slots: number; tokens: number }>(
      `SELECT (SELECT count(*)::int FROM sessions WHERE state = 'running') AS running,
         (SELECT count(*)::int FROM placements) AS slots,
         (SELECT count(*)::int FROM api_keys WHERE kind = 'session') AS tokens`,
    );
    const lobbies = await Promise.all([...hosts.values()].map((host) => host.lobbySessionIds()));
    expect({ ...row, lobbies: lobbies.flat().length }).toEqual({
      running: starts.length + 2,
      slots: starts.length + 2,
      tokens: starts.length + 2,
      lobbies: starts.length + 2,
    });
  });
});
