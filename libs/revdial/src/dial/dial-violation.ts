import { RevDialError } from '../revdial-error.js';

/** The peer broke the rules of preambles or their answers: a PROTOCOL_VIOLATION. */
export class DialViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}
