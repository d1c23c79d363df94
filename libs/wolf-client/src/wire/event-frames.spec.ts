import { EventFrameParser, type EventFrame } from './event-frames.js';

const STOP = 'event: StopStreamEvent\ndata: {"session_id":"42"}\n\n';
const WHOLE: EventFrame = { kind: 'whole', name: 'StopStreamEvent', data: '{"session_id":"42"}' };
const TORN: EventFrame = { kind: 'torn' };

function framesOf(text: string, pieceBytes = text.length, maxBytes = 1024): readonly EventFrame[] {
  const parser = new EventFrameParser(maxBytes);
  const bytes = Buffer.from(text);
  const frames: EventFrame[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    frames.push(...parser.push(bytes.subarray(at, at + pieceBytes)));
  return frames;
}

describe('frames of an event stream', () => {
  it.each([1, 2, 3, 7, 1000])('are the same however the bytes come: %i at once', (pieceBytes) => {
    const text = `:keepalive\n\n${STOP}${STOP.replaceAll('\n', '\r\n')}:keepalive\n\nevent: Grüße\ndata: "ü€🙂"\n\n`;
    expect(framesOf(text, pieceBytes)).toEqual([WHOLE, WHOLE, { kind: 'whole', name: 'Grüße', data: '"ü€🙂"' }]);
  });

  it('are none while the empty line is missing, nor of comments and empty lines', () => {
    expect(framesOf(STOP.slice(0, -1))).toEqual([]);
    expect(framesOf(':keepalive\n\n\n\n\n:x\n')).toEqual([]);
  });

  it.each([
    ['two names', 'event: A\nevent: B\ndata: 1\n\n'],
    ['two payloads', 'event: A\ndata: 1\ndata: 2\n\n'],
    ['no payload', 'event: A\n\n'],
    ['no name', 'data: 1\n\n'],
    ['a line of no known field', 'event: A\ndata: 1\nent: B\n\n'],
  ])('are torn with %s, and whole again after', (_case, text) => {
    expect(framesOf(text + STOP)).toEqual([TORN, WHOLE]);
  });

  it.each([1, 50, 5000])('are torn and skipped when they are too long, read %i bytes at once', (pieceBytes) => {
    const long = `event: A\ndata: ${'x'.repeat(3000)}\n\n`;
    expect(framesOf(STOP + long + STOP, pieceBytes)).toEqual([WHOLE, TORN, WHOLE]);
    const manyLines = `event: A\n${'data: x\n'.repeat(400)}\n`;
    expect(framesOf(STOP + manyLines + STOP, pieceBytes)).toEqual([WHOLE, TORN, WHOLE]);
  });

  it('hold no more than the limit of a frame that never ends', () => {
    const parser = new EventFrameParser(1024);
    const piece = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 1000; count += 1) parser.push(Buffer.from(piece));
    globalThis.gc?.();
    expect(parser.push(Buffer.from(`\n\n${STOP}`))).toEqual([TORN, WHOLE]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 1024 * 1024);
  });
});
