import {
  FRAME_FLAGS,
  FRAME_HEADER_BYTES,
  FRAME_TYPES,
  writeFrameHeader,
  FrameReader,
  MuxViolation,
} from './frame-codec.js';

function header(type: 0 | 1 | 2 | 3, flags: number, id: number, length: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(bytes, 0, type, flags, id, length);
  return bytes;
}

function reader(): { readonly frames: FrameReader; readonly received: unknown[][] } {
  const received: unknown[][] = [];
  const frames = new FrameReader({
    onData: (...frame) => received.push(['data', ...frame]),
    onPayload: (bytes) => received.push(['payload', bytes.toString()]),
    onDataEnd: () => received.push(['end']),
    onWindowUpdate: (...frame) => received.push(['window', ...frame]),
    onPing: (...frame) => received.push(['ping', ...frame]),
    onGoAway: (code) => received.push(['go away', code]),
  });
  return { frames, received };
}

const ALL = Buffer.concat([
  header(FRAME_TYPES.data, FRAME_FLAGS.syn, 0xfffffffd, 3),
  Buffer.from('abc'),
  header(FRAME_TYPES.windowUpdate, FRAME_FLAGS.rst, 2, 0xffffffff),
  header(FRAME_TYPES.data, FRAME_FLAGS.fin, 1, 0),
  header(FRAME_TYPES.ping, FRAME_FLAGS.ack, 0, 9),
  header(FRAME_TYPES.goAway, 0, 0, 1),
]);

describe('FrameReader', () => {
  it('reads each kind of frame with its greatest numbers', () => {
    const { frames, received } = reader();
    frames.push(ALL);
    expect(received).toEqual([
      ['data', 1, 0xfffffffd, 3],
      ['payload', 'abc'],
      ['end'],
      ['window', 8, 2, 0xffffffff],
      ['data', 4, 1, 0],
      ['end'],
      ['ping', 2, 9],
      ['go away', 1],
    ]);
  });

  it('reads the same when each byte comes alone', () => {
    const { frames, received } = reader();
    for (let at = 0; at < ALL.length; at += 1) frames.push(ALL.subarray(at, at + 1));
    expect(received.filter(([kind]) => kind !== 'payload')).toHaveLength(7);
    expect(received.filter(([kind]) => kind === 'payload').map(([, text]) => text)).toEqual(['a', 'b', 'c']);
  });

  it('passes payload on as views, without a copy', () => {
    const views: Buffer[] = [];
    const frames = new FrameReader({
      onData: () => undefined,
      onPayload: (bytes) => views.push(bytes),
      onDataEnd: () => undefined,
      onWindowUpdate: () => undefined,
      onPing: () => undefined,
      onGoAway: () => undefined,
    });
    const bytes = Buffer.concat([header(FRAME_TYPES.data, 0, 1, 4), Buffer.from('long')]);
    frames.push(bytes);
    bytes.write('L', FRAME_HEADER_BYTES);
    expect(String(views[0])).toBe('Long');
  });

  it('reads nothing after it was stopped', () => {
    const { frames, received } = reader();
    frames.stop();
    frames.push(ALL);
    expect(received).toEqual([]);
  });

  it('throws on bytes that are no frame', () => {
    expect(() => reader().frames.push(Buffer.alloc(12, 0xff))).toThrow(MuxViolation);
  });
});
