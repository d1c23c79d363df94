/** `[smaller, greater, why]`: the first limit may be at most as great as the second. */
export type LimitRule<Name extends string> = readonly [smaller: Name, greater: Name, why: string];

/**
 * Limits that depend on each other are checked as a whole, when what goes by them is built: a contradiction would show only under
 * load otherwise.
 * @throws RangeError that names both values of each contradiction
 */
export function refuseContradictions<Name extends string>(
  limits: Readonly<Record<Name, number>>,
  rules: readonly LimitRule<Name>[],
): void {
  const faults = rules
    .filter(([smaller, greater]) => limits[smaller] > limits[greater])
    .map(
      ([smaller, greater, why]) =>
        `${smaller} (${String(limits[smaller])}) is greater than ${greater} (${String(limits[greater])}): ${why}`,
    );
  if (faults.length > 0) throw new RangeError(`contradictory limits: ${faults.join('; ')}`);
}
