import type { IncomingMessage } from 'node:http';
import { callGuarded } from '../defect.js';
import { MACHINE_PROOF_MS, MACHINE_TOLD_EVERY_MS } from '../limits.js';
import type { MultiplexedLink } from '../links/multiplexed-link.js';
import type { RevDialCounters } from '../revdial-counters.js';
import type { RevDialLogger } from '../revdial-logger.js';
import type { RunnerId } from '../runner-id.js';

/** Sixteen bytes in base64url. */
const MACHINE_ID = /^[A-Za-z0-9_-]{22}$/;

/** Two machines use one runner id: the one that has it answers, and another asks for it. */
export interface OtherMachine {
  readonly runnerId: RunnerId;
  /** Of the one that was refused. */
  readonly remoteAddress: string;
  /** Of the one that has it. */
  readonly holderAddress: string;
}

export interface MachineClaimsOptions {
  /** Once a minute for each runner, for as long as the other asks. */
  readonly onOtherMachine?: (claim: OtherMachine) => void;
  readonly machineProofMs?: number;
}

interface Holder {
  readonly machineId: string;
  readonly link: MultiplexedLink;
  toldAtMs?: number;
}

/** Empty: an agent that does not say; `undefined`: malformed. */
export function machineIdOf({ headers }: IncomingMessage): string | undefined {
  const value = headers['revdial-machine'];
  if (value === undefined) return '';
  return typeof value === 'string' && MACHINE_ID.test(value) ? value : undefined;
}

/**
 * Tells two machines with one id apart: while a link that one has opened has a connection, the other is refused. Without
 * a connection (the agent was killed, a NAT has forgotten it) the newer one gets it as ever.
 */
export class MachineClaims {
  readonly #holders = new Map<RunnerId, Holder>();
  readonly #options: MachineClaimsOptions;
  readonly #counters: RevDialCounters;
  readonly #logger: RevDialLogger;

  constructor(options: MachineClaimsOptions, counters: RevDialCounters, logger: RevDialLogger) {
    this.#options = options;
    this.#counters = counters;
    this.#logger = logger;
  }

  /** This machine has opened the runner's link, which others may not take from it. */
  hold(link: MultiplexedLink, machineId: string): void {
    const { runnerId } = link;
    if (machineId === '') {
      this.#holders.delete(runnerId);
      return;
    }
    const holder: Holder = { machineId, link };
    this.#holders.set(runnerId, holder);
    void link.closed.then(() => {
      if (this.#holders.get(runnerId) === holder) this.#holders.delete(runnerId);
    });
  }

  /** The first of these runners that another machine has. It is noted that this one asked. */
  findHeldByOther(runnerIds: readonly RunnerId[], machineId: string, remoteAddress: string): RunnerId | undefined {
    if (machineId === '') return undefined;
    for (const runnerId of runnerIds) {
      const holder = this.#holders.get(runnerId);
      if (holder === undefined || holder.machineId === machineId || !isThere(holder)) continue;
      this.#counters.otherMachinesRefused += 1;
      this.#note(runnerId, holder, remoteAddress);
      return runnerId;
    }
    return undefined;
  }

  #note(runnerId: RunnerId, holder: Holder, remoteAddress: string): void {
    const nowMs = performance.now();
    if (holder.toldAtMs !== undefined && nowMs - holder.toldAtMs < MACHINE_TOLD_EVERY_MS) return;
    holder.toldAtMs = nowMs;
    const holderAddress = holder.link.remoteAddress;
    this.#logger.warn(
      { runnerId, remoteAddress, holderAddress },
      'another machine asks for a runner that one has already; it is refused',
    );
    holder.link.probe();
    // The same machine, restarted behind something that hides its end, asks too, while the old link seems to be connected: that is
    // silent, and away by then.
    setTimeout(() => {
      if (this.#holders.get(runnerId) !== holder || !isThere(holder)) {
        delete holder.toldAtMs;
        return;
      }
      callGuarded('the listener to other machines', () =>
        this.#options.onOtherMachine?.({ runnerId, remoteAddress, holderAddress }),
      );
    }, this.#options.machineProofMs ?? MACHINE_PROOF_MS).unref();
  }
}

function isThere({ link }: Holder): boolean {
  return link.isOpen && !link.isResuming;
}
