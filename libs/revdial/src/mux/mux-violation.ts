import { RevDialError } from '../revdial-error.js';

/** The peer broke the rules of frames; the link ends with it: a PROTOCOL_VIOLATION. */
export class MuxViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}
