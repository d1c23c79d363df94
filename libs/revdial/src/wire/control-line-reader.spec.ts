import { once, EventEmitter } from 'node:events';
import type { RevDialError } from '../revdial-error.js';
import { ControlLineReader } from './control-line-reader.js';

describe('ControlLineReader', () => {
  it('calls a line that is never finished a violation', async () => {
    const events = new EventEmitter();
    const reader = new ControlLineReader({
      onMessage: () => undefined,
      onViolation: (error) => events.emit('violation', error),
      lineMaxAgeMs: 20,
    });
    const violation = once(events, 'violation');
    reader.push(Buffer.from('{"command":'));
    const keepLoopAlive = setTimeout(() => undefined, 10_000);
    const [error] = (await violation) as [RevDialError];
    clearTimeout(keepLoopAlive);
    expect(error.code).toBe('PROTOCOL_VIOLATION');
  });

  it('delivers nothing after a violation or after it was stopped', () => {
    const seen: string[] = [];
    const violations: string[] = [];
    const reader = new ControlLineReader({
      onMessage: (message) => seen.push(message.command),
      onViolation: (error) => violations.push(error.code),
    });
    reader.push(Buffer.from('{"command":"keep-alive"}\nnope\n'));
    reader.push(Buffer.from('{"command":"keep-alive"}\n'));
    reader.stop();
    expect(seen).toEqual(['keep-alive']);
    expect(violations).toEqual(['PROTOCOL_VIOLATION']);
  });
});
