import { CONTROL_LINE_MAX_BYTES } from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import { ControlLineParser, encodeControlLine } from './control-line-codec.js';
import type { ReceivedControlMessage } from './control-line-codec.js';

function parse(...chunks: (string | Buffer)[]): ReceivedControlMessage[] {
  const parser = new ControlLineParser();
  const messages: ReceivedControlMessage[] = [];
  for (const chunk of chunks) parser.push(Buffer.from(chunk), (message) => messages.push(message));
  return messages;
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof RevDialError) return error.code;
    throw error;
  }
  return undefined;
}

const CONN_PATH = `/revdial?revdial.dialer=${'a'.repeat(32)}&revdial.req=${'b'.repeat(32)}`;

describe('control lines', () => {
  it('read back as they were written, whatever the borders of the pieces', () => {
    const messages = [
      { command: 'keep-alive' },
      { command: 'conn-ready', connPath: CONN_PATH },
      { command: 'pickup-failed', connPath: CONN_PATH, err: 'connection refused — ünïcode\n' },
    ] as const;
    const bytes = Buffer.concat(messages.map(encodeControlLine));
    for (const size of [1, 2, 7, 64, bytes.length]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(parse(...chunks)).toEqual(messages);
    }
  });

  it('surface a command of another version as one to ignore', () => {
    expect(parse('{"command":"fly","x":1}\n{}\n')).toEqual([
      { command: 'unknown', name: 'fly' },
      { command: 'unknown', name: '' },
    ]);
  });

  it('may be as long as the limit and not a byte longer', () => {
    const pad = (total: number): string => {
      const bare = `{"command":"x","pad":""}\n`;
      return bare.replace('""', `"${'p'.repeat(total - bare.length)}"`);
    };
    expect(parse(pad(CONTROL_LINE_MAX_BYTES))).toHaveLength(1);
    expect(codeOf(() => parse(pad(CONTROL_LINE_MAX_BYTES + 1)))).toBe('PROTOCOL_VIOLATION');
    expect(codeOf(() => parse('x'.repeat(CONTROL_LINE_MAX_BYTES)))).toBe('PROTOCOL_VIOLATION');
    expect(codeOf(() => parse('x'.repeat(CONTROL_LINE_MAX_BYTES - 1)))).toBeUndefined();
  });

  it.each(['', 'hello', '{"command":', '[]', 'null', '42', '{"command":7}', '{"command":"conn-ready","connPath":[]}'])(
    'break the rules as %j',
    (line) => {
      expect(codeOf(() => parse(`${line}\n`))).toBe('PROTOCOL_VIOLATION');
    },
  );

  it('deliver what came before a broken line', () => {
    const messages: ReceivedControlMessage[] = [];
    const parser = new ControlLineParser();
    const code = codeOf(() => {
      parser.push(Buffer.from('{"command":"keep-alive"}\nnope\n'), (message) => messages.push(message));
    });
    expect(code).toBe('PROTOCOL_VIOLATION');
    expect(messages).toEqual([{ command: 'keep-alive' }]);
  });

  it('stay within the limit whatever the error text of a failed pick-up', () => {
    for (const err of ['\u0000'.repeat(5000), '€'.repeat(5000), '\ud800'.repeat(5000)]) {
      const line = encodeControlLine({ command: 'pickup-failed', connPath: CONN_PATH, err });
      expect(line.length).toBeLessThanOrEqual(CONTROL_LINE_MAX_BYTES);
      expect(line.indexOf('\n')).toBe(line.length - 1);
    }
  });
});
