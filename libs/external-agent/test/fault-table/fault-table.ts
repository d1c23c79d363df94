import type { AnswerFaultKind, WolfFaults } from '@helix/sandbox-simulator';
import { eventually, ManualClock } from '@helix/pacing/testing';
import { createSessionId } from '../../src/index.js';
import { play, type Command, type Fault, type Outcome } from '../support/fault-cell.js';
import { FaultWorld, NEIGHBOUR, VIEWER } from '../support/fault-world.js';
import { openSessionDatabase, type SessionDatabase } from '../support/session-database.js';
import { FAILED, RUNNING, STOPPED } from '../support/session-rig.js';

/** Real: PostgreSQL, sockets, links, and one replica as the API puts it together. Simulated: Wolf and its containers. */

type Outcomes = Readonly<Partial<Record<Command, Partial<Outcome>>>>;

/** What comes of each command where nothing is wrong; the rows of the table say where a fault makes a difference. */
const NORMAL: Readonly<Record<Command, Outcome>> = {
  create: { answer: 'running', states: 'queued placing starting running', pages: 'starting there', rest: RUNNING },
  stop: { answer: 'stopped', states: 'running stopping stopped', pages: 'there absent', rest: STOPPED },
  resume: {
    answer: 'running',
    states: 'stopped queued placing starting running',
    pages: 'absent starting there',
    rest: RUNNING,
  },
  'auto-join': { answer: 'joined', states: 'running', pages: 'there', rest: RUNNING },
  state: { answer: 'not absent', states: 'running', pages: 'there', rest: RUNNING },
};

/** A create whose host fails at it says so, and leaves nothing. */
const failedCreate = (code: string): Partial<Outcome> => ({
  answer: 'START_FAILED',
  states: `queued placing starting failed:START_FAILED(${code})`,
  pages: 'starting absent',
  rest: FAILED,
});
const failedResume = (code: string): Partial<Outcome> => ({
  ...failedCreate(code),
  states: `stopped queued placing starting failed:START_FAILED(${code})`,
  pages: 'absent starting absent',
});
/** On the host of its earlier life a lobby may stand: what cannot be looked for is tried again, and not given up. */
const laterResume = (code: string): Partial<Outcome> => ({
  answer: 'starting',
  states: `stopped queued placing starting starting:START_FAILED(${code}) placing:START_FAILED(${code}) running`,
});
const laterStop = (reason: string): Partial<Outcome> => ({
  answer: 'stopping',
  states: `running stopping stopping:${reason} stopped`,
});
const isAway = (code: string): boolean => code === 'WOLF_EMPTY_ANSWER' || code === 'WOLF_UNREACHABLE';

/** Wolf answers nothing that could be used, whatever it is asked. */
const deaf = (code: string): Outcomes => ({
  create: failedCreate(code),
  stop: laterStop(isAway(code) ? 'HOST_AWAY' : `STOP_FAILED(${code})`),
  resume: laterResume(code),
  'auto-join': { answer: code },
});
/** It does what it is asked for, and only the answer is lost: a desktop that stands is found, one that is gone too. */
const done = (code: string): Outcomes => ({ stop: deaf(code).stop ?? {}, 'auto-join': { answer: code } });
const notDone = (code: string): Outcomes => ({ ...done(code), create: failedCreate(code), resume: failedResume(code) });
/** The desktop is lost, told as such, and started again. */
const LOST: Partial<Outcome> = {
  states: 'running queued:DESKTOP_LOST placing:DESKTOP_LOST starting:DESKTOP_LOST running',
  pages: 'there starting there',
};

const wolfIs = (faults: Partial<WolfFaults>, { areEventsCut = false } = {}): Fault => ({
  inflict: ({ wolf }) => {
    Object.assign(wolf.faults, faults);
    if (areEventsCut) wolf.cutEvents();
  },
});
const OWN_PATH: Readonly<Partial<Record<Command, string>>> = {
  create: '/api/v1/lobbies/create',
  stop: '/api/v1/lobbies/stop',
  resume: '/api/v1/lobbies/create',
  'auto-join': '/api/v1/lobbies/join',
};
/** Of all answers, or only of that to what the command is about. */
const spoilt = (kind: AnswerFaultKind, which: 'all' | 'own'): Fault => ({
  inflict: (world, _id, command) => {
    // Where others are still answered, enough for them on a machine that is busy.
    if (kind === 'silent') world.wolfs.limitMs = which === 'all' ? 150 : 500;
    const path = OWN_PATH[command];
    world.wolf.faults.answer = { kind, ...(which === 'own' && path !== undefined && { path }) };
  },
});

const [EMPTY, INVALID, SILENT] = ['WOLF_EMPTY_ANSWER', 'WOLF_INVALID_ANSWER', 'WOLF_TIMEOUT'] as const;

/** One row for each fault; a spec file for each command plays its column. */
const TABLE: readonly (readonly [name: string, fault: Fault, outcomes: Outcomes])[] = [
  ['nothing', wolfIs({}), {}],
  ['all answers late', wolfIs({ answerDelayMs: 50 }), {}],
  ['a slow create', wolfIs({ createDelayMs: 300 }), {}],
  [
    'a create that times out and leaves its lobby',
    wolfIs({ createTimesOutLeavingLobby: true, createTimeoutMs: 50 }),
    {},
  ],
  ['a create that makes two lobbies', wolfIs({ duplicateLobby: true }), {}],
  [
    'a container that dies after its create',
    wolfIs({ runnerDiesAfterCreate: true }),
    { create: failedCreate('LOBBY_VANISHED'), resume: failedResume('LOBBY_VANISHED') },
  ],
  [
    'a second lobby with the marker of the session',
    { inflict: (world, id) => world.makeTwin(id) },
    // Before there is a session its PIN is not known: as in the next row.
    { create: { rest: { ...RUNNING, lobbies: 2 } } },
  ],
  [
    // It was not made for the session, and is left to its maker.
    'a lobby with the marker of the session that refuses its PIN',
    { inflict: (world, id) => world.makeTwin(id, '0000') },
    {
      create: { rest: { ...RUNNING, lobbies: 2 } },
      stop: { rest: { ...STOPPED, lobbies: 1 } },
      resume: { rest: { ...RUNNING, lobbies: 2 } },
      'auto-join': { rest: { ...RUNNING, lobbies: 2 } },
      state: { rest: { ...RUNNING, lobbies: 2 } },
    },
  ],
  ['all answers 500 and unparseable', spoilt('unparseable500', 'all'), deaf(INVALID)],
  ['all answers 200 and unparseable', spoilt('unparseable200', 'all'), deaf(INVALID)],
  ['all answers of another shape', spoilt('wrong-shape', 'all'), deaf(INVALID)],
  ['all answers cut', spoilt('cut', 'all'), deaf(INVALID)],
  ['all answers empty', spoilt('empty', 'all'), deaf(EMPTY)],
  ['no answers', spoilt('silent', 'all'), deaf(SILENT)],
  ['its answer 500 and unparseable', spoilt('unparseable500', 'own'), done(INVALID)],
  ['its answer 200 and unparseable', spoilt('unparseable200', 'own'), done(INVALID)],
  ['its answer of another shape', spoilt('wrong-shape', 'own'), {}],
  ['its answer cut', spoilt('cut', 'own'), done(INVALID)],
  ['its answer too long', spoilt('oversized', 'own'), done(INVALID)],
  ['its answer empty', spoilt('empty', 'own'), done(EMPTY)],
  ['its answer empty and nothing done', spoilt('empty-unhandled', 'own'), notDone(EMPTY)],
  ['no answer to it', spoilt('silent', 'own'), notDone(SILENT)],
  [
    'a stream that ends before its join',
    wolfIs({ sessionVanishesBeforeJoin: true }),
    { 'auto-join': { answer: 'VIEWER_NOT_CONNECTED' } },
  ],
  ['events cut', wolfIs({}, { areEventsCut: true }), {}],
  ['events silent', wolfIs({ events: 'silent' }), {}],
  ['events interleaved', wolfIs({ events: 'interleaved' }), {}],
  ['events that are not JSON', wolfIs({ events: 'not-json' }), {}],
  ['events too long', wolfIs({ events: 'oversized' }), {}],
  ['events among the pings of every packet', wolfIs({ events: 'pings' }), {}],
  ['no events at all', wolfIs({ events: 'absent' }, { areEventsCut: true }), {}],
  [
    'a restart of Wolf that loses all lobbies',
    {
      inflict: ({ wolf }) => {
        // So that the command comes before the control plane can have noticed.
        wolf.faults.answerDelayMs = 100;
        return wolf.restart();
      },
    },
    { 'auto-join': { ...LOST, answer: 'WOLF_UNKNOWN_LOBBY' }, state: LOST },
  ],
  [
    'a crash of Wolf and its return',
    { inflict: ({ wolf }) => wolf.crash(), mend: ({ wolf }) => wolf.start() },
    { ...deaf('WOLF_UNREACHABLE'), 'auto-join': { ...LOST, answer: 'WOLF_UNREACHABLE' }, state: LOST },
  ],
];

/**
 * Plays the columns of these commands: each under every fault. `more` adds cells of the same world, which is a new one for each.
 */
export function playColumns(
  commands: readonly Command[],
  more: (world: () => FaultWorld) => void = () => undefined,
): void {
  let database: SessionDatabase;
  let world: FaultWorld;
  beforeAll(async () => {
    database = await openSessionDatabase();
  });
  beforeEach(async () => {
    world = await FaultWorld.open(database.dataSource, new ManualClock());
  });
  afterEach(async () => {
    // Wolf was not harmed.
    expect([world.wolf.uncaughtExceptionCount, world.wolf.suspectIdCount]).toEqual([0, 0]);
    await world.close();
    await database.clear();
  });
  afterAll(() => database.close());

  describe.each(TABLE)('%s', (_name, fault, outcomes) => {
    it.each(commands)('× %s', async (command) => {
      const expected: Outcome = { ...NORMAL[command], ...outcomes[command] };
      expect(await play(world, fault, command, expected.rest)).toEqual(expected);
    });
  });

  // Both ids are over 2^53, and become the same number for code that takes them for one.
  describe('a stream of another user whose id differs in the last digit', () => {
    const fault: Fault = {
      inflict: ({ wolf }) => {
        wolf.launchSession({ clientId: NEIGHBOUR, clientUniqueId: `helix-agent-${createSessionId()}` });
      },
    };

    it.each(commands)('× %s', async (command) => {
      expect(await play(world, fault, command, NORMAL[command].rest)).toEqual(NORMAL[command]);
      // A stop takes the session's own viewer with it, and no other.
      const streams = command === 'create' || command === 'resume' || command === 'stop' ? [] : [VIEWER];
      expect(world.wolf.sessionIds).toEqual([...streams, NEIGHBOUR]);
      expect(world.wolf.lobbies.flatMap((lobby) => lobby.connectedSessionIds)).toEqual(streams);
    });
  });

  more(() => world);
}

/** Whether the lobby outlived the crash cannot be said, so it is neither given up nor made a second time. */
export async function crashWhileStarting(world: FaultWorld, command: 'create' | 'resume'): Promise<Outcome> {
  const fault: Fault = {
    inflict: ({ wolf }) => {
      wolf.faults.createDelayMs = 60_000;
      void eventually(() => {
        expect(wolf.lobbyCount).toBe(1);
      }).then(() => wolf.crash());
    },
    mend: ({ wolf }) => wolf.start(),
  };
  return await play(world, fault, command, RUNNING);
}
