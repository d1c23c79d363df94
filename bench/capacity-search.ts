export interface CapacitySearch {
  readonly first: number;
  readonly most: number;
  /** The answer may be below the true one by this share. */
  readonly tolerance: number;
  readonly carries: (count: number) => Promise<boolean>;
  /** False: no further try begins. */
  readonly hasTime: () => boolean;
}

/**
 * The largest count that is carried: doubled until one is not, then halved between the two. 0 when the first is not; the
 * largest found so far when time is up.
 */
export async function findCapacity({ first, most, tolerance, carries, hasTime }: CapacitySearch): Promise<number> {
  let carried = 0;
  let tooMany = most + 1;
  for (let count = first; carried < most && hasTime(); count = Math.min(count * 2, most)) {
    if (!(await carries(count))) {
      tooMany = count;
      break;
    }
    carried = count;
  }
  while (tooMany <= most && tooMany - carried > Math.max(1, tooMany * tolerance) && hasTime()) {
    const count = Math.floor((carried + tooMany) / 2);
    if (await carries(count)) carried = count;
    else tooMany = count;
  }
  return carried;
}
