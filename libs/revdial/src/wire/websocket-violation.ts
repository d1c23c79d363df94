import { RevDialError } from '../revdial-error.js';

/** The peer broke WebSocket's rules: a PROTOCOL_VIOLATION that knows its close code (RFC 6455 §7.4.1). */
export class WebSocketViolation extends RevDialError {
  constructor(
    readonly closeCode: number,
    message: string,
  ) {
    super('PROTOCOL_VIOLATION', message);
  }
}
