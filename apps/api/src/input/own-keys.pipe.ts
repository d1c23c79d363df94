import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { ApiError } from '../errors/api-error.js';

const strictShapes = new WeakSet<object>();
/** Named in a refusal; the rest is counted. */
const NAMED_MAX_COUNT = 5;

/**
 * Of bodies that grant something: a key which is not known is refused rather than passed over, since it may say that less is to be
 * granted than would be without it.
 */
export function RefusesUnknownKeys(): ClassDecorator {
  return (shape) => {
    strictShapes.add(shape);
  };
}

/**
 * Leaves of a body or a query what its class knows, before that is transformed and validated: the work for the rest grows with the square
 * of its keys, and comes to nothing.
 */
export class OwnKeysPipe implements PipeTransform {
  private readonly keys = new WeakMap<object, ReadonlySet<string>>();

  /** @throws ApiError INVALID_REQUEST for unknown keys where they are refused */
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'custom' || metatype === undefined || !isObject(value)) return value;
    const known = this.keysOf(metatype);
    // No class of ours: a query that its route reads itself.
    if (known.size === 0) return value;
    if (strictShapes.has(metatype)) {
      refuseUnknownKeys(Object.keys(value).filter((key) => !known.has(key)));
    }
    return Object.fromEntries([...known].filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));
  }

  private keysOf(shape: NonNullable<ArgumentMetadata['metatype']>): ReadonlySet<string> {
    let keys = this.keys.get(shape);
    if (keys === undefined) {
      const rules = getMetadataStorage().getTargetValidationMetadatas(shape, '', false, false);
      keys = new Set(rules.map(({ propertyName }) => propertyName));
      this.keys.set(shape, keys);
    }
    return keys;
  }
}

/** @throws ApiError INVALID_REQUEST unless there are none */
export function refuseUnknownKeys(unknown: readonly string[]): void {
  if (unknown.length === 0) return;
  const named = unknown.slice(0, NAMED_MAX_COUNT).map((key) => (/^\w{1,64}$/.test(key) ? key : 'one with an odd name'));
  const more = unknown.length > named.length ? ` and ${String(unknown.length - named.length)} more` : '';
  throw new ApiError('INVALID_REQUEST', `keys that are not known here: ${named.join(', ')}${more}; nothing was done`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
