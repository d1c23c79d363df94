import { ReadyRing } from './ready-ring.js';

class Member {
  ring: ReadyRing<Member> | undefined;
  before: Member | undefined;
  after: Member | undefined;
  constructor(readonly name: string) {}
}

describe('ReadyRing', () => {
  const ring = new ReadyRing<Member>();
  const [a, b, c] = [new Member('a'), new Member('b'), new Member('c')];

  function takeAll(): string {
    let names = '';
    for (let member = ring.take(); member !== undefined; member = ring.take()) names += member.name;
    return names;
  }

  it('returns members in the order of adding, each once', () => {
    for (const member of [a, b, a, c, b]) ring.add(member);
    expect(takeAll()).toBe('abc');
    expect(ring.isEmpty).toBe(true);
  });

  it.each([
    [a, 'bc'],
    [b, 'ac'],
    [c, 'ab'],
  ])('removes a member from any place', (leaver, rest) => {
    for (const member of [a, b, c]) ring.add(member);
    ring.remove(leaver);
    ring.remove(leaver);
    expect(takeAll()).toBe(rest);
  });
});
