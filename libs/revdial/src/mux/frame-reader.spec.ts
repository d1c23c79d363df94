import { FRAME_FLAGS, FRAME_HEADER_BYTES, FRAME_TYPES, writeFrameHeader } from './frame.js';
import { FrameReader } from './frame-reader.js';
import { MuxViolation } from './mux-violation.js';

function header(type: 0 | 1 | 2 | 3, flags: number, id: number, length: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(bytes, 0, type, flags, id, length);
  return bytes;
}

function reader(): { readonly frames: FrameReader; readonly heard: unknown[][] } {
  const heard: unknown[][] = [];
  const frames = new FrameReader({
    onData: (...frame) => heard.push(['data', ...frame]),
    onPayload: (bytes) => heard.push(['payload', bytes.toString()]),
    onDataEnd: () => heard.push(['end']),
    onWindowUpdate: (...frame) => heard.push(['window', ...frame]),
    onPing: (...frame) => heard.push(['ping', ...frame]),
    onGoAway: (code) => heard.push(['go away', code]),
  });
  return { frames, heard };
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
    const { frames, heard } = reader();
    frames.push(ALL);
    expect(heard).toEqual([
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
    const { frames, heard } = reader();
    for (let at = 0; at < ALL.length; at += 1) frames.push(ALL.subarray(at, at + 1));
    expect(heard.filter(([kind]) => kind !== 'payload')).toHaveLength(7);
    expect(heard.filter(([kind]) => kind === 'payload').map(([, text]) => text)).toEqual(['a', 'b', 'c']);
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
    const { frames, heard } = reader();
    frames.stop();
    frames.push(ALL);
    expect(heard).toEqual([]);
  });

  it('throws on what is no frame', () => {
    expect(() => reader().frames.push(Buffer.alloc(12, 0xff))).toThrow(MuxViolation);
  });
});
