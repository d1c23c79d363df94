import { judgeAnswer, type ReceivedAnswer } from './faults-of-answer.js';
import { refusalsOf, type RouteTable } from './route-contract.js';

/** Judges every answer by a table of routes, and remembers which of its promises were seen. */
export class ContractRun {
  readonly #seen = new Map<string, Set<string>>();

  constructor(readonly table: RouteTable) {}

  /** @throws an assertion that names each fault */
  judge(route: string, received: ReceivedAnswer): void {
    const contract = this.table[route];
    if (contract === undefined) throw new Error(`${route} has no contract in this table`);
    const { name, faults } = judgeAnswer(contract, received);
    expect({ route, answer: name, faults }).toEqual({ route, answer: name, faults: [] });
    const seen = this.#seen.get(route) ?? new Set();
    this.#seen.set(route, seen.add(name));
  }

  /** Promises of the table not seen kept, as `GET /x: 404 NO_DESKTOP`. */
  get unseen(): readonly string[] {
    return Object.entries(this.table).flatMap(([route, contract]) =>
      [...Object.keys(contract.answers), ...refusalsOf(contract)]
        .filter((name) => this.#seen.get(route)?.has(name) !== true)
        .map((name) => `${route}: ${name}`),
    );
  }
}
