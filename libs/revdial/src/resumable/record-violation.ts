import { RevDialError } from '../revdial-error.js';

/** The peer broke the rules of records: a PROTOCOL_VIOLATION. */
export class RecordViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}
