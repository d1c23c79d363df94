import { z } from 'zod';

/** One setting: how it is read, and what it is for people. */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  about: string,
): { readonly schema: Schema; readonly about: string } {
  return { schema, about };
}

export function whole(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${String(min)} to ${String(max)}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

export function flag(): z.ZodType<boolean, string> {
  return z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
}

export function image(): z.ZodType<string, string> {
  return z.string().regex(/^[a-z0-9][a-zA-Z0-9._/:@-]{0,255}$/, 'must be an image name');
}

/** Entries between commas; a comma within one is written `\,`. */
export function list<T>(item: z.ZodType<T, string>, maxCount = 64): z.ZodDefault<z.ZodType<T[], string>> {
  return z
    .string()
    .transform((text) =>
      text
        .split(/(?<!\\),/)
        .map((entry) => entry.trim().replaceAll('\\,', ','))
        .filter((entry) => entry !== ''),
    )
    .pipe(z.array(item).max(maxCount, `at most ${String(maxCount)} entries are accepted`))
    .default([]);
}
