import type { DataSource } from 'typeorm';

import type { PlacementPolicy, PlacementQuestion } from '../capacity/change-capacity.js';
import { decide, type JudgedHost } from './decide.js';
import { explainJudgement } from './explain-judgement.js';
import { listPlacementHosts } from './list-placement-hosts.js';
import type { PlacementDecision } from './placement-decision.js';

export interface FleetJudgement {
  readonly chosen: JudgedHost | undefined;
  /** See `explainJudgement`. */
  explain(outcome: PlacementDecision['outcome'], refusal?: 'queue-full' | 'queue-timeout'): PlacementDecision;
}

interface Reading {
  judge(question: PlacementQuestion): FleetJudgement;
}

/**
 * Judges the whole fleet for those who explain. However many ask at once, one reading of it is under way and one more waits: what
 * each gets began after he asked, so that it is not older than what he has to explain. Equal questions about one reading are
 * judged once: a crowd that is refused must not cost a look at each host for each of its members.
 */
export class FleetJudge {
  readonly #dataSource: DataSource;
  readonly #policy: PlacementPolicy;
  #underWay: Promise<Reading> | undefined;
  #next: Promise<Reading> | undefined;

  constructor(dataSource: DataSource, policy: PlacementPolicy) {
    this.#dataSource = dataSource;
    this.#policy = policy;
  }

  /** Rejects with the database's errors. */
  async judge(question: PlacementQuestion): Promise<FleetJudgement> {
    const reading = await this.#read();
    return reading.judge(question);
  }

  #read(): Promise<Reading> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#underWay.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<Reading> {
    this.#next = undefined;
    const reading = listPlacementHosts(this.#dataSource)
      .then(({ hosts, now }) => {
        const judge = remembered((question: PlacementQuestion): FleetJudgement => {
          const judgement = decide(hosts, question, this.#policy, now);
          const explain = remembered((...[outcome, refusal]: Parameters<FleetJudgement['explain']>) =>
            explainJudgement(judgement, this.#policy, now, outcome, refusal),
          );
          return { chosen: judgement.chosen, explain };
        });
        return { judge };
      })
      .finally(() => {
        if (this.#underWay === reading) this.#underWay = undefined;
      });
    this.#underWay = reading;
    return reading;
  }
}

/** For as long as the reading is remembered by those who wait for it; no more questions come to it afterwards. */
function remembered<Asked extends readonly unknown[], Answer>(
  answer: (...asked: Asked) => Answer,
): (...asked: Asked) => Answer {
  const known = new Map<string, Answer>();
  return (...asked) => {
    const key = JSON.stringify(asked);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = answer(...asked);
    known.set(key, made);
    return made;
  };
}
