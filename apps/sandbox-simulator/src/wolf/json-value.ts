/** A number as it is spelt: Wolf's parser tells `1` from `1.0`, which JavaScript does not. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** A map and not an object, so that `__proto__` is a key like any other. Of a repeated key the first counts. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
