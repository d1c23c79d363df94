/** A C++ floating point number: printed with a decimal point even when it is whole (wolf-api §1.2). */
export class WolfFloat {
  constructor(readonly value: number) {}
}

export type Printable =
  string | number | boolean | WolfFloat | readonly Printable[] | { readonly [key: string]: Printable | undefined };

/** Compact, keys in the order of the object, undefined members left out. */
export function printJson(value: Printable): string {
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return Math.trunc(value).toString();
  if (value instanceof WolfFloat) return printFloat(value.value);
  if (isList(value)) return `[${value.map(printJson).join(',')}]`;
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`${JSON.stringify(key)}:${printJson(member)}`],
  );
  return `{${members.join(',')}}`;
}

function printFloat(value: number): string {
  const text = String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

function isList(value: Printable): value is readonly Printable[] {
  return Array.isArray(value);
}
