export type JsonFault = 'too-long' | 'too-deep' | 'too-many-keys' | 'too-many-values' | 'not-json';

/** Why a text of somebody else is not read. The message never quotes the text, which may hold secrets and be long. */
export class ForeignJsonError extends Error {
  readonly code = 'FOREIGN_JSON';

  constructor(
    readonly fault: JsonFault,
    message: string,
  ) {
    super(message);
    this.name = 'ForeignJsonError';
  }
}
