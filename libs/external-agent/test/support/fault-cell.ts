import { noFaults } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { createSessionId, type SessionId } from '../../src/index.js';
import type { FaultWorld } from './fault-world.js';
import { OWNER, type Holdings } from './session-rig.js';
import { ShownTrail } from './shown-trail.js';

export const COMMANDS = ['create', 'stop', 'resume', 'auto-join', 'state'] as const;
export type Command = (typeof COMMANDS)[number];

export interface Fault {
  readonly inflict: (world: FaultWorld, id: SessionId, command: Command) => Promise<void> | void;
  /** What it takes to have it gone besides Wolf's faults being none. */
  readonly mend?: (world: FaultWorld) => Promise<void> | void;
}

/** What came of one command under one fault. */
export interface Outcome {
  /** What its caller was told while the fault stood: a state, or the code of a failure. */
  readonly answer: string;
  /** What a user who watched the session was shown, until all was at rest after the fault was gone. */
  readonly states: string;
  readonly pages: string;
  readonly rest: Holdings;
}

/** Gives one command under the fault, takes the fault away, and waits until the session rests as it should. */
export async function play(world: FaultWorld, fault: Fault, command: Command, rest: Holdings): Promise<Outcome> {
  const id = createSessionId();
  if (command !== 'create') await prepare(world, id, command);
  const trail = new ShownTrail(id, world.directory, world.all.feed, () => world.lobbiesOf(id).length > 0);
  if (command !== 'create') trail.begin(await world.get(id));
  await fault.inflict(world, id, command);
  const answer = await give(world, id, command);

  Object.assign(world.wolf.faults, noFaults());
  world.wolfs.limitMs = 10_000;
  await fault.mend?.(world);
  await eventually(async () => {
    await world.takeTurns();
    expect(await world.holdings(id)).toEqual(rest);
  }, 8_000).catch(() => undefined);
  if (rest.state === 'running' && rest.tokens === 1) await world.desktopConnected(id);
  // Nothing more comes of it, whatever is seen.
  await world.lookAgain();
  await world.lookAgain();
  const outcome = {
    answer,
    states: trail.states.join(' '),
    pages: trail.pages.join(' '),
    rest: await world.holdings(id),
  };
  trail.end();
  expect(trail.lies).toEqual([]);
  await expectRepeated(world, id, command);
  return outcome;
}

/** Given again without the fault, every command succeeds; one that had succeeded changes nothing. */
async function expectRepeated(world: FaultWorld, id: SessionId, command: Command): Promise<void> {
  const before = await world.row(id);
  const told = { create: 'running', stop: 'stopped', resume: 'running', 'auto-join': 'joined', state: 'not absent' };
  expect(await give(world, id, command)).toBe(told[command]);
  const after = await world.row(id);
  if (before.state !== 'failed') expect([after.state, after.lobbyId]).toEqual([before.state, before.lobbyId]);
  if (after.state !== 'running') return;
  // The desktop that is shown is the one that holds the session's only token.
  const lobby = world.wolf.lobbies.find((each) => each.id === after.lobbyId);
  expect(world.tokens.liveOf(id).map((token) => `USER_API_TOKEN=${token}`)).toEqual(
    lobby?.env.filter((entry) => entry.startsWith('USER_API_TOKEN=')),
  );
}

async function prepare(world: FaultWorld, id: SessionId, command: Exclude<Command, 'create'>): Promise<void> {
  await world.all.agents.create({ ownerId: OWNER, sessionId: id });
  await world.desktopConnected(id);
  if (command === 'resume') {
    await world.all.agents.stop(id);
    return;
  }
  world.launchViewer(id);
  if (command !== 'auto-join') await world.all.autoJoin.join(await world.get(id));
  await world.lookAgain();
}

/** Gives the command as the API does; resolves with what its caller is told, failures by their codes. */
async function give(world: FaultWorld, id: SessionId, command: Command): Promise<string> {
  const { agents, autoJoin, feed } = world.all;
  try {
    switch (command) {
      case 'create':
        return (await agents.create({ ownerId: OWNER, sessionId: id })).state;
      case 'stop':
        return (await agents.stop(id)).state;
      case 'resume':
        return (await agents.resume(id)).state;
      case 'auto-join':
        if (world.wolf.isServing) world.launchViewer(id);
        await autoJoin.join(await world.get(id));
        return 'joined';
      case 'state':
        return feed.glance(await world.get(id)).appState === 'absent' ? 'absent' : 'not absent';
      default:
        return command satisfies never;
    }
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}
