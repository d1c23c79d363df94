/** Environment variables as they were at the start; empty is unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of these variables that is set. */
export function findVariable(
  environment: Environment,
  names: readonly string[],
): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}
