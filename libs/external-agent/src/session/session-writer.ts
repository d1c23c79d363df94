import type { DataSource, UpdateQueryBuilder } from 'typeorm';
import type { SessionId } from './session-id.js';
import { SESSION_STATES } from './session-state.js';
import { SessionEntity } from './session.entity.js';
import { transitionOf, type Given, type TransitionName } from './transitions.js';

/** Which rows: a condition in SQL with `:name` for each parameter. */
interface Rows {
  readonly where: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * The one place that changes rows of `sessions`, each time by a transition of the table. A row in a state from which the
 * transition does not go is left as it is. Every method rejects with the database's errors.
 */
export class SessionWriter {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** The row as changed; `undefined` when none was. */
  async changeOne<Name extends TransitionName>(
    name: Name,
    rows: Rows,
    ...given: Given<Name>
  ): Promise<SessionEntity | undefined> {
    const result = await this.#update(name, rows, given).returning('*').execute();
    const row = (result.raw as Record<string, unknown>[])[0];
    return row === undefined ? undefined : this.#fromRow(row);
  }

  /** The ids of the rows that were changed. */
  async changeMany<Name extends TransitionName>(
    name: Name,
    rows: Rows,
    ...given: Given<Name>
  ): Promise<readonly SessionId[]> {
    const result = await this.#update(name, rows, given).returning('id').execute();
    return (result.raw as { readonly id: SessionId }[]).map(({ id }) => id);
  }

  #update(
    name: TransitionName,
    { where, parameters }: Rows,
    [given = {}]: readonly [Readonly<Record<string, unknown>>?],
  ): UpdateQueryBuilder<SessionEntity> {
    const { from, to, takes, sets, isUnseen } = transitionOf(name);
    const patch: Record<string, unknown> = {};
    for (const column of takes) patch[column] = given[column];
    for (const [column, sql] of Object.entries(sets)) patch[column] = () => sql;
    if (typeof to === 'object')
      patch['state'] = () => `CASE desired WHEN 'running' THEN '${to.ifWanted}' ELSE '${to.otherwise}' END`;
    else if (to !== 'same') patch['state'] = to;
    if (isUnseen !== true) Object.assign(patch, { version: () => 'version + 1', updatedAt: () => 'now()' });
    const builder = this.#dataSource
      .createQueryBuilder()
      .update(SessionEntity)
      .set(patch)
      .where(`(${where})`, parameters);
    return from.length === SESSION_STATES.length ? builder : builder.andWhere('state IN (:...from)', { from });
  }

  #fromRow(row: Readonly<Record<string, unknown>>): SessionEntity {
    const session = new SessionEntity();
    for (const column of this.#dataSource.getMetadata(SessionEntity).columns) {
      column.setEntityValue(session, row[column.databaseName]);
    }
    return session;
  }
}
