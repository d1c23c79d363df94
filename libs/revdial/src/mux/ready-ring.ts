/** A member of a ring. Only the ring writes these three. */
export interface RingMember<T extends RingMember<T>> {
  ring: ReadyRing<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

/** A queue of streams that have something to send: first come, first served. Any member can leave at constant cost. */
export class ReadyRing<T extends RingMember<T>> {
  #first: T | undefined;
  #last: T | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Puts a member at the end, unless it waits here already. */
  add(member: T): void {
    if (member.ring !== undefined) return;
    member.ring = this;
    member.before = this.#last;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
  }

  take(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(member: T): void {
    if (member.ring !== this) return;
    if (member.before === undefined) this.#first = member.after;
    else member.before.after = member.after;
    if (member.after === undefined) this.#last = member.before;
    else member.after.before = member.before;
    member.ring = undefined;
    member.before = undefined;
    member.after = undefined;
  }
}
