import { LIMITS } from '../limits.js';
import { IS_SETTLED, IS_WAITING, type SessionState } from './session-state.js';
import type { SessionEntity } from './session.entity.js';

/**
 * Everything that may happen to a session's row, each once: from which states, to which one, and which columns it sets. All
 * statements that write `sessions` are made from this table (`SessionWriter`), and there is no other way to change a state.
 *
 * The picture is in docs/architecture.md, "A session".
 */
type Column = keyof SessionEntity;

interface Transition {
  readonly from: readonly SessionState[];
  /** `same`: only columns change. The pair is decided by what the owner wants at that moment. */
  readonly to: SessionState | 'same' | { readonly ifWanted: SessionState; readonly otherwise: SessionState };
  /** Columns whose values the caller gives, all of them. */
  readonly takes: readonly Column[];
  /** What the other columns become, in SQL. */
  readonly sets: Readonly<Partial<Record<Column, string>>>;
  /** Of no interest to readers: the version stays, and nothing is announced. */
  readonly isUnseen?: true;
}

export const INITIAL_STATE: SessionState = 'queued';

const ANY = ['queued', 'placing', 'starting', 'running', 'stopping', 'stopped', 'failed'] as const;
const NOT_ENDED = ['queued', 'placing', 'starting', 'running', 'stopping'] as const;
const UNTIL_RUNNING = ['queued', 'placing', 'starting'] as const;
const UNTIL_STOPPING = ['queued', 'placing', 'starting', 'running'] as const;

/** It waits for no slot any more, or not yet. */
const NOT_WAITING = { queuePosition: 'NULL', queueDeadlineAt: 'NULL' } as const;
/** Its host is not lost, or is no concern of it any more. */
const HOST_NOT_LOST = { hostLostAt: 'NULL', hostLostDeadlineAt: 'NULL' } as const;
/** The reconciler takes it up at once. */
const DUE = { unfinishedDrives: '0', retryAt: 'NULL' } as const;
/** A lobby that stands by now is not its desktop. */
const NEXT_LIFE = { life: 'generation + 1' } as const;
const NOW = 'now()';

const { retryFirstMs, retryLongestMs } = LIMITS;

/** What a driver does, under the session's lease. */
export const DRIVER_TRANSITIONS = {
  /** A host is looked for. */
  place: { from: ['queued', 'starting'], to: 'placing', takes: [], sets: {} },
  /** Every suitable host is full. */
  wait: {
    from: UNTIL_RUNNING,
    to: 'queued',
    takes: ['reason', 'queuePosition', 'queueDeadlineAt'],
    sets: {},
  },
  /** It has a slot on a host, which is asked for its lobby next. */
  assign: {
    from: UNTIL_RUNNING,
    to: 'starting',
    takes: ['wolfInstanceId', 'startAttempts', 'life'],
    sets: NOT_WAITING,
  },
  /** It has a slot on a host that is linked at another replica, which goes on. */
  handOver: {
    from: UNTIL_RUNNING,
    to: 'same',
    takes: ['wolfInstanceId', 'startAttempts', 'life'],
    sets: NOT_WAITING,
  },
  /** Its host is not waited for any longer: what comes of it there is not its desktop. */
  leaveHost: { from: ['starting'], to: 'same', takes: [], sets: NEXT_LIFE },
  /** The lobby stands. The desktop counts as worked with from now on. */
  run: {
    from: ['starting'],
    to: 'running',
    takes: ['lobbyId'],
    sets: { reason: 'NULL', ...HOST_NOT_LOST, startedAt: NOW, lastActivityAt: NOW },
  },
  /** Its start came to nothing, and what it held is taken back. */
  fail: {
    from: UNTIL_RUNNING,
    to: 'failed',
    takes: ['reason'],
    sets: { lobbyId: 'NULL', ...NOT_WAITING, ...HOST_NOT_LOST },
  },
  /** Its desktop is another lobby than the row says. */
  adoptLobby: { from: ['running'], to: 'same', takes: ['lobbyId'], sets: {} },
  /** Its desktop has ended on its host, and is started again. */
  loseDesktop: {
    from: ['running'],
    to: 'queued',
    takes: ['reason', 'startAttempts'],
    sets: { lobbyId: 'NULL', ...NEXT_LIFE, ...HOST_NOT_LOST },
  },
  beginStop: { from: UNTIL_STOPPING, to: 'stopping', takes: ['reason'], sets: NOT_WAITING },
  /** The desktop is gone, its slot and tokens with it; its owner may have asked for it again meanwhile. */
  finishStop: {
    from: ['stopping'],
    to: { ifWanted: 'queued', otherwise: 'stopped' },
    takes: ['reason'],
    sets: {
      startAttempts: `CASE desired WHEN 'running' THEN 0 ELSE start_attempts END`,
      life: `CASE desired WHEN 'running' THEN generation + 1 ELSE generation END`,
      stoppedAt: `CASE desired WHEN 'running' THEN NULL ELSE now() END`,
      lobbyId: 'NULL',
      ...NOT_WAITING,
      ...HOST_NOT_LOST,
    },
  },
  /** Its host did not come back in time. */
  failLostHost: {
    from: UNTIL_STOPPING,
    to: 'failed',
    takes: ['reason'],
    sets: { lobbyId: 'NULL', ...NEXT_LIFE, ...HOST_NOT_LOST },
  },
  /** The same, and another host is to start it: none is preferred, and nothing is looked for on the one that is lost. */
  restartElsewhere: {
    from: UNTIL_STOPPING,
    to: 'queued',
    takes: ['reason'],
    sets: { lobbyId: 'NULL', ...NEXT_LIFE, ...HOST_NOT_LOST, wolfInstanceId: 'NULL', startAttempts: '0' },
  },
  /** What stands in the way of the state that its owner wants. */
  setReason: { from: [...UNTIL_RUNNING, 'stopping'], to: 'same', takes: ['reason'], sets: {} },
  renewLease: { from: ANY, to: 'same', takes: ['leaseExpiresAt'], sets: {}, isUnseen: true },
  /**
   * A session that is not settled is left alone by the reconciler for a while, longer each time; of one that waits for a slot the
   * queue decides when it is taken up.
   */
  releaseLease: {
    from: ANY,
    to: 'same',
    takes: [],
    sets: {
      leaseHolder: 'NULL',
      leaseExpiresAt: 'NULL',
      unfinishedDrives: `CASE WHEN ${IS_SETTLED} THEN 0 ELSE unfinished_drives + 1 END`,
      retryAt: `CASE WHEN ${IS_SETTLED} OR ${IS_WAITING} THEN NULL ELSE now() + interval '1 millisecond'
        * least(${String(retryLongestMs)},
            ${String(retryFirstMs)} * 2 ^ least(greatest(unfinished_drives, start_attempts - 1), 20)) END`,
    },
    isUnseen: true,
  },
} as const satisfies Readonly<Record<string, Transition>>;

/** What owners, operators and sweeps ask for, whether or not a driver holds the lease. */
export const COMMAND_TRANSITIONS = {
  requestStop: { from: ANY, to: 'same', takes: [], sets: { desired: `'stopped'`, ...DUE } },
  /** The host of the desktop is taken out of service, or drained. */
  stopOnHost: {
    from: ['starting', 'running'],
    to: 'same',
    takes: ['reason'],
    sets: { desired: `'stopped'`, ...DUE },
  },
  stopIdle: { from: ['running'], to: 'same', takes: ['reason'], sets: { desired: `'stopped'`, ...DUE } },
  /** A create is asked for again. Its host stays on it: a create that was given up may still be carried out there. */
  requeueFailed: {
    from: ['failed'],
    to: 'queued',
    takes: [],
    sets: { reason: 'NULL', startAttempts: '0', ...NEXT_LIFE },
  },
  /** The owner wants an ended desktop back. Its host stays on it: its workspace lies there. */
  resumeEnded: {
    from: ['stopped', 'failed'],
    to: 'queued',
    takes: [],
    sets: {
      desired: `'running'`,
      reason: 'NULL',
      startAttempts: '0',
      ...NEXT_LIFE,
      ...NOT_WAITING,
      stoppedAt: 'NULL',
      ...DUE,
      lastActivityAt: NOW,
    },
  },
  /** The owner takes a stop back; when that is under way already, the driver that finishes it queues the session. */
  takeStopBack: {
    from: NOT_ENDED,
    to: 'same',
    takes: [],
    sets: {
      desired: `'running'`,
      reason: 'NULL',
      ...NOT_WAITING,
      stoppedAt: 'NULL',
      ...DUE,
      lastActivityAt: NOW,
    },
  },
  rename: { from: ANY, to: 'same', takes: ['name'], sets: {} },
  /** Hides the session and asks for the stop of its desktop. */
  markDeleted: { from: ANY, to: 'same', takes: [], sets: { desired: `'stopped'`, deletedAt: NOW, ...DUE } },
  /** Its host is lost and may come back: slot, lobby and token stay. */
  markHostLost: {
    from: ['starting', 'running', 'stopping'],
    to: 'same',
    takes: ['hostLostDeadlineAt', 'reason'],
    sets: { hostLostAt: NOW, retryAt: 'NULL' },
  },
  clearHostLost: { from: ANY, to: 'same', takes: ['reason'], sets: { ...HOST_NOT_LOST, retryAt: 'NULL' } },
  moveInQueue: { from: ['queued'], to: 'same', takes: ['queuePosition', 'reason'], sets: {} },
  noteActivity: { from: ['running'], to: 'same', takes: [], sets: { lastActivityAt: NOW }, isUnseen: true },
  claimLease: { from: ANY, to: 'same', takes: ['leaseHolder', 'leaseExpiresAt'], sets: {}, isUnseen: true },
} as const satisfies Readonly<Record<string, Transition>>;

const TRANSITIONS = { ...DRIVER_TRANSITIONS, ...COMMAND_TRANSITIONS };

export type TransitionName = keyof typeof TRANSITIONS;
export type DriverTransition = keyof typeof DRIVER_TRANSITIONS;
export const TRANSITION_NAMES = Object.keys(TRANSITIONS) as readonly TransitionName[];

/** A value, or SQL that computes it. */
type Value<T> = T | (() => string);

/** What the caller of a transition gives: all columns that it takes, and no others. Nothing where it takes none. */
export type Given<Name extends TransitionName> = [(typeof TRANSITIONS)[Name]['takes'][number]] extends [never]
  ? readonly []
  : readonly [
      given: {
        readonly [C in (typeof TRANSITIONS)[Name]['takes'][number]]: C extends Column ? Value<SessionEntity[C]> : never;
      },
    ];

export function transitionOf(name: TransitionName): Transition {
  return TRANSITIONS[name];
}
