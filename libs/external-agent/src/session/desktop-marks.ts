import type { SessionEntity } from './session.entity.js';

/**
 * How a desktop is known again on its host, which knows nothing of sessions: by its container's environment, where the session's id
 * and the life that it belongs to stand last.
 */
const SESSION_MARK = 'HELIX_SESSION_ID=';
const LIFE_MARK = 'HELIX_SESSION_GENERATION=';
/** Of desktops that were started by the release which did not mark it. */
const FIRST_LIFE = 1;

export function marksOf({ id, life }: Pick<SessionEntity, 'id' | 'life'>): readonly string[] {
  return [`${SESSION_MARK}${id}`, `${LIFE_MARK}${String(life)}`];
}

/** The session whose desktop has this environment, by what it says. Of a name given twice the container sees the last (wolf-api §4.4). */
export function markedSessionOf(environment: readonly string[]): string | undefined {
  return environment.findLast((entry) => entry.startsWith(SESSION_MARK))?.slice(SESSION_MARK.length);
}

/** Which life of its session the desktop with this environment belongs to; 0, which is none, when that cannot be read. */
export function markedLifeOf(environment: readonly string[]): number {
  const text = environment.findLast((entry) => entry.startsWith(LIFE_MARK))?.slice(LIFE_MARK.length);
  if (text === undefined) return FIRST_LIFE;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
}
