import { UnreadBacklog } from './unread-backlog.js';

function drain(backlog: UnreadBacklog): Buffer[] {
  const pieces: Buffer[] = [];
  for (let piece = backlog.shift(); piece !== undefined; piece = backlog.shift()) pieces.push(piece);
  return pieces;
}

describe('UnreadBacklog', () => {
  it('gives back the bytes in their order, small ones gathered', () => {
    const backlog = new UnreadBacklog();
    const received = Buffer.from(Array.from({ length: 50_000 }, (_, at) => at % 256));
    for (let at = 0; at < received.length; at += 50) backlog.append(received.subarray(at, at + 50));
    expect(backlog.byteLength).toBe(50_000);
    const pieces = drain(backlog);
    expect(Buffer.concat(pieces).equals(received)).toBe(true);
    expect(pieces.length).toBeLessThan(12);
    expect(backlog.byteLength).toBe(0);
  });

  it('copies no chunk that fills most of its memory, and changes none it gave out', () => {
    const backlog = new UnreadBacklog();
    const large = Buffer.allocUnsafeSlow(10_000);
    const small = Buffer.from('ab');
    backlog.append(large);
    backlog.append(small);
    expect(backlog.shift()).toBe(large);
    const given = backlog.shift();
    backlog.append(Buffer.from('cd'));
    expect(String(given)).toBe('ab');
    expect(String(backlog.shift())).toBe('cd');
  });
});
