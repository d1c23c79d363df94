import { JsonNumber, type JsonObject, type JsonValue } from './json.js';

/** What a parser says of a value: the value, or the faults that it names. */
export type Parsed<T> = { readonly value: T } | { readonly faults: readonly string[] };

/**
 * A C++ type as Wolf's JSON library reads it (wolf-api §2.4). `undefined` stands for an absent or null optional.
 */
export interface WolfShape<T> {
  readonly optional: boolean;
  parse(json: JsonValue): Parsed<T>;
}

function cast<T>(typeName: string, read: (json: JsonValue) => T | undefined): WolfShape<T> {
  return {
    optional: false,
    parse: (json) => {
      const value = read(json);
      return value === undefined ? { faults: [`Could not cast to ${typeName}.`] } : { value };
    },
  };
}

export const text: WolfShape<string> = cast('string', (json) => (typeof json === 'string' ? json : undefined));

export const flag: WolfShape<boolean> = cast('boolean', (json) => (typeof json === 'boolean' ? json : undefined));

/** `1.0` is refused. */
export const integer: WolfShape<number> = cast('int', (json) =>
  json instanceof JsonNumber && /^-?[0-9]+$/.test(json.text) ? Number(json.text) : undefined,
);

/** Digits of a PIN: 16 bits, wrapping. */
export const shortInteger: WolfShape<number> = cast('int', (json) => {
  const parsed = integer.parse(json);
  return 'value' in parsed ? (parsed.value << 16) >> 16 : undefined;
});

export const float: WolfShape<number> = cast('double', (json) =>
  json instanceof JsonNumber ? Number(json.text) : undefined,
);

/** Any JSON object; its members are ignored. */
export const anyObject: WolfShape<JsonObject> = cast('object', (json) => (json instanceof Map ? json : undefined));

export function optional<T>(shape: WolfShape<T>): WolfShape<T | undefined> {
  return {
    optional: true,
    parse: (json) => (json === null ? { value: undefined } : shape.parse(json)),
  };
}

export function listOf<T>(element: WolfShape<T>): WolfShape<readonly T[]> {
  return {
    optional: false,
    parse: (json) => {
      if (!Array.isArray(json)) return { faults: ['Could not cast to array!'] };
      const values: T[] = [];
      for (const item of json as readonly JsonValue[]) {
        const parsed = element.parse(item);
        if ('faults' in parsed) return parsed;
        values.push(parsed.value);
      }
      return { value: values };
    },
  };
}

export type StructOf<F extends Record<string, WolfShape<unknown>>> = {
  readonly [K in keyof F]: F[K] extends WolfShape<infer T> ? T : never;
};

/** A struct. Unknown members are ignored; members are required unless optional, also where C++ has a default for them. */
export function struct<F extends Record<string, WolfShape<unknown>>>(fields: F): WolfShape<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    optional: false,
    parse: (json) => {
      if (!(json instanceof Map)) return { faults: ['Could not cast to object!'] };
      const members: JsonObject = json;
      const faults: string[] = [];
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) {
        const member = members.get(name);
        if (member === undefined) {
          if (!field.optional) faults.push(`Field named '${name}' not found.`);
          continue;
        }
        const parsed = field.parse(member);
        if ('faults' in parsed) faults.push(`Failed to parse field '${name}': ${joinFaults(parsed.faults)}`);
        else value[name] = parsed.value;
      }
      return faults.length > 0 ? { faults } : { value: value as StructOf<F> };
    },
  };
}

/** One fault as it is, several as a numbered list whose nested lists are indented. */
export function joinFaults(faults: readonly string[]): string {
  const [first = '', ...others] = faults;
  if (others.length === 0) return first;
  const lines = faults.map((fault, index) => `\n${String(index + 1)}) ${fault.replaceAll('\n', '\n    ')}`);
  return `Found ${String(faults.length)} errors:${lines.join('')}`;
}
