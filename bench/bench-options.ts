import { parseArgs } from 'node:util';

/** What a benchmark can be told. The default of `texts` without one is all of its choices. */
export type BenchOption =
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly unit: string;
      readonly default: number;
      readonly about: string;
    }
  | {
      readonly kind: 'numbers';
      readonly min: number;
      readonly unit: string;
      readonly default: readonly number[];
      readonly about: string;
    }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string; readonly about: string }
  | { readonly kind: 'choices'; readonly choices: readonly string[]; readonly about: string }
  | { readonly kind: 'switch'; readonly about: string };

type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly kind: 'number' }
    ? number
    : Options[Name] extends { readonly kind: 'numbers' }
      ? readonly number[]
      : Options[Name] extends { readonly kind: 'choice' }
        ? string
        : Options[Name] extends { readonly kind: 'choices' }
          ? readonly string[]
          : boolean;
};

export interface BenchDescription<Options> {
  readonly name: string;
  /** What it measures. */
  readonly about: string;
  readonly options: Options;
}

export type OptionsRead<Options> =
  | { readonly kind: 'run'; readonly values: Values<Options> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'fault'; readonly text: string };

/** The options from the command line. Prints the help and ends with 0, or what is wrong in one sentence and ends with 2. */
export function benchOptions<const Options extends Readonly<Record<string, BenchOption>>>(
  description: BenchDescription<Options>,
): Values<Options> {
  const read = readBenchOptions(description, process.argv.slice(2));
  if (read.kind === 'run') return read.values;
  if (read.kind === 'help') console.log(read.text);
  else console.error(read.text);
  process.exit(read.kind === 'help' ? 0 : 2);
}

export function readBenchOptions<const Options extends Readonly<Record<string, BenchOption>>>(
  description: BenchDescription<Options>,
  args: readonly string[],
): OptionsRead<Options> {
  const known = Object.entries<BenchOption>(description.options);
  const kinds = known.map(([name, { kind }]) => [name, { type: kind === 'switch' ? 'boolean' : 'string' }] as const);
  let given: Readonly<Record<string, unknown>>;
  try {
    const options = { ...Object.fromEntries(kinds), help: { type: 'boolean' } } as const;
    given = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // "Unknown option '--x'. To specify …": the rest is for programmers.
    const [, sentence = 'not understood'] = /([A-Z][^.\n]*)(?:\.|\n|$)/.exec((error as Error).message) ?? [];
    return fault(description.name, sentence);
  }
  if (given['help'] === true) return { kind: 'help', text: helpOf(description) };
  const values: Record<string, unknown> = {};
  for (const [name, option] of known) {
    const text = given[name];
    const value = typeof text === 'string' ? valueOf(option, text) : text === true || defaultOf(option);
    if (value === undefined) return fault(description.name, `--${name} has to be ${formOf(option)}`);
    values[name] = value;
  }
  return { kind: 'run', values: values as Values<Options> };
}

function fault(bench: string, what: string): { readonly kind: 'fault'; readonly text: string } {
  return { kind: 'fault', text: `bench ${bench}: ${what}; --help lists what it takes` };
}

/** `undefined` for what the option does not take. */
function valueOf(option: BenchOption, text: string): unknown {
  const parts = text.split(',').filter((part) => part !== '');
  switch (option.kind) {
    case 'number':
      return isNumber(text, option.min) ? Number(text) : undefined;
    case 'numbers':
      return parts.every((part) => isNumber(part, option.min)) ? parts.map(Number) : undefined;
    case 'choice':
      return option.choices.includes(text) ? text : undefined;
    case 'choices':
      return parts.length > 0 && parts.every((part) => option.choices.includes(part)) ? parts : undefined;
    case 'switch':
      return undefined;
    default:
      return option satisfies never;
  }
}

function isNumber(text: string, min: number): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text)) && Number(text) >= min;
}

function defaultOf(option: BenchOption): unknown {
  if (option.kind === 'switch') return false;
  return option.kind === 'choices' ? option.choices : option.default;
}

function formOf(option: BenchOption): string {
  switch (option.kind) {
    case 'number':
      return `a number of ${option.unit}, ${String(option.min)} or more`;
    case 'numbers':
      return `numbers of ${option.unit}, ${String(option.min)} or more, with commas between`;
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'choices':
      return `some of ${option.choices.join(', ')}, with commas between`;
    case 'switch':
      return 'given or not';
    default:
      return option satisfies never;
  }
}

function helpOf({ name, about, options }: BenchDescription<Readonly<Record<string, BenchOption>>>): string {
  const rows = Object.entries(options).map(([option, spec]) => {
    const standard = defaultOf(spec);
    const told = spec.kind === 'switch' ? '' : ` (${formOf(spec)}; default: ${String(standard) || 'none'})`;
    return `  --${option.padEnd(16)}${spec.about}${told}`;
  });
  return [
    `npm run bench -- ${name} [options]`,
    '',
    about,
    '',
    ...rows,
    '',
    'Ctrl-C ends it and leaves nothing behind.',
  ].join('\n');
}
