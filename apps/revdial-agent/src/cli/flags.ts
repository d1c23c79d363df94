/** Every flag, by name. `repeated` ones collect, of the others the last wins, as in the Go client. */
const FLAG_KINDS = {
  server: 'value',
  'runner-id': 'value',
  token: 'value',
  local: 'value',
  tunnel: 'repeated',
  'ca-file': 'repeated',
  'server-name': 'value',
  transport: 'value',
  'log-level': 'value',
  'health-port': 'value',
  'refused-after': 'value',
  'exit-on-refusal': 'switch',
  json: 'switch',
  version: 'switch',
  help: 'switch',
} as const;

export type FlagName = keyof typeof FLAG_KINDS;

export interface ParsedFlags {
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
  /** What is wrong with the command line, by flag name and position, never by value. */
  readonly faults: readonly string[];
}

/** One or two dashes; `-flag value` and `-flag=value`. A value may begin with a dash, as in the Go client. */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const values = new Map<FlagName, string[]>();
  const faults: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      faults.push(`argument ${String(index + 1)}: is not a flag`);
      continue;
    }
    const [, name = '', attached] = match;
    if (!isFlagName(name)) {
      faults.push(`--${name}: unknown flag`);
      // Its value, if it has one, would only be a second fault for the same mistake.
      if (attached === undefined && args[index + 1]?.startsWith('-') === false) index += 1;
      continue;
    }
    if (FLAG_KINDS[name] === 'switch') {
      if (attached !== undefined) faults.push(`--${name}: takes no value`);
      values.set(name, []);
      continue;
    }
    const value = attached ?? args[index + 1];
    if (attached === undefined) index += 1;
    if (value === undefined || value === '') faults.push(`--${name}: has no value`);
    else values.set(name, FLAG_KINDS[name] === 'repeated' ? [...(values.get(name) ?? []), value] : [value]);
  }
  return { values, faults };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAG_KINDS, name);
}
