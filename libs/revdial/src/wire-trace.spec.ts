import { HeadScanner, parseTraceTopics, wireTrace } from './wire-trace.js';

describe('parseTraceTopics', () => {
  it.each([
    ['records,frames,dials', ['records', 'frames', 'dials']],
    [' dials , records', ['records', 'dials']],
    ['frames', ['frames']],
  ])('reads %j', (text, topics) => {
    expect(parseTraceTopics(text)).toEqual(topics);
  });

  it.each(['records,bytes', 'records,', 'Frames', ''])('refuses %j', (text) => {
    expect(parseTraceTopics(text)).toBeUndefined();
  });
});

it('nothing is traced unless asked for', () => {
  expect(wireTrace).toEqual({ records: undefined, frames: undefined });
});

describe('HeadScanner', () => {
  /** One byte of length; messages of an even length have a head of two bytes of payload. */
  const headsOf = (pieces: readonly Buffer[]): readonly string[] => {
    const heads: string[] = [];
    const scanner = new HeadScanner(
      1,
      (header) => {
        const payloadBytes = header.readUInt8(0);
        return { payloadBytes, headPayloadBytes: payloadBytes % 2 === 0 ? Math.min(2, payloadBytes) : 0 };
      },
      (head, payloadBytes) => heads.push(`${head.toString('hex')}/${payloadBytes}`),
    );
    for (const piece of pieces) scanner.push(piece);
    return heads;
  };
  const bytes = Buffer.from([3, 7, 7, 7, 4, 1, 2, 7, 7, 0, 2, 8, 9, 1]);
  const heads = ['03/3', '040102/4', '00/0', '020809/2', '01/1'];

  it('finds each head and skips payload', () => {
    expect(headsOf([bytes])).toEqual(heads);
  });

  it('finds the same in single bytes', () => {
    expect(headsOf([...bytes].map((byte) => Buffer.of(byte)))).toEqual(heads);
  });
});
