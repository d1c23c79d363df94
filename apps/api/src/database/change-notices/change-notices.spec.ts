import { CoalescedIds } from './change-notices.js';
import { NOTICE_IDS_MAX } from '../../limits.js';

describe('CoalescedIds', () => {
  it('tells each id once, and none of them twice', () => {
    const ids = new CoalescedIds();
    for (const id of ['a', 'b', 'a']) ids.add(id);
    expect(ids.take()).toEqual(['a', 'b']);
    expect(ids.take()).toEqual([]);
  });

  it('reports that anything may have changed once one notice without an id came', () => {
    const ids = new CoalescedIds();
    for (const id of ['a', undefined, 'b']) ids.add(id);
    expect(ids.take()).toEqual([undefined]);
    ids.add('c');
    expect(ids.take()).toEqual(['c']);
  });

  it('holds a bounded number of ids, and loses none of the changes for that', () => {
    const ids = new CoalescedIds();
    for (let index = 0; index < NOTICE_IDS_MAX; index += 1) ids.add(String(index));
    ids.add('0');
    expect(ids.take()).toHaveLength(NOTICE_IDS_MAX);
    for (let index = 0; index <= NOTICE_IDS_MAX; index += 1) ids.add(String(index));
    expect(ids.take()).toEqual([undefined]);
  });
});
