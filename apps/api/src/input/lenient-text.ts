import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { ApiError } from '../errors/api-error.js';

/** Clients written in Go send what they leave out as an empty string or null (helix-rest §3.1). */
export function AbsentWhenEmpty(): PropertyDecorator {
  return Transform(({ value }: { readonly value: unknown }) => (value === '' || value === null ? undefined : value));
}

/** A number of a query; clients that leave one out may still send its name. */
export function NumberUnlessEmpty(): PropertyDecorator {
  return Transform(({ value }: { readonly value: unknown }) => (value === '' ? undefined : Number(value)));
}

/** Words that are the same in any case. */
export function LowerCase(): PropertyDecorator {
  return Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? value.toLowerCase() : value,
  );
}

/** For long texts: `MaxLength` looks for pairs of surrogates and makes a list of them all. In UTF-16 units. */
export function MaxUnits(max: number): PropertyDecorator {
  return ValidateBy({
    name: 'maxUnits',
    validator: {
      validate: (value) => typeof value === 'string' && value.length <= max,
      defaultMessage: () => `$property must be a text of at most ${String(max)} UTF-16 units`,
    },
  });
}

/**
 * A parameter that is on or off; `undefined` when it is not given.
 * @throws ApiError INVALID_REQUEST
 */
export function readSwitch(query: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ApiError('INVALID_REQUEST', `${name} must be true, false, 1 or 0`);
}
