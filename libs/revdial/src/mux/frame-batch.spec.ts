import { FrameBatch } from './frame-batch.js';

describe('FrameBatch', () => {
  it('makes one buffer of many small frames', () => {
    const batch = new FrameBatch();
    for (let id = 1; id < 20; id += 1) {
      batch.addDataHeader(0, id, 5);
      batch.addPayload(Buffer.from('hello'));
    }
    expect(batch.byteLength).toBe(19 * 17);
    const chunks = batch.take();
    expect(chunks).toHaveLength(1);
    expect(chunks[0]?.length).toBe(19 * 17);
    expect(batch.take()).toEqual([]);
  });

  it('puts a long payload between as it is', () => {
    const batch = new FrameBatch();
    const long = Buffer.alloc(10_000, 'x');
    batch.addDataHeader(0, 1, long.length);
    batch.addPayload(long);
    batch.addDataHeader(0, 3, 1);
    batch.addPayload(Buffer.from('y'));
    const chunks = batch.take();
    expect(chunks.map(({ length }) => length)).toEqual([12, 10_000, 13]);
    expect(chunks[1]).toBe(long);
  });

  it('never writes again into what it has given away', () => {
    const batch = new FrameBatch();
    batch.addPayload(Buffer.from('first'));
    const [first] = batch.take();
    for (let count = 0; count < 10; count += 1) {
      batch.addPayload(Buffer.alloc(4_000, 'z'));
      batch.take();
    }
    expect(String(first)).toBe('first');
  });
});
