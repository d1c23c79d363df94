import { PRINCIPAL_LINKS_MAX_COUNT, PRINCIPAL_STREAMS_MAX_COUNT, PRINCIPAL_UNREAD_MAX_BYTES } from '../limits.js';
import type { UnreadAccount } from '../mux/stream-table.js';

export interface PrincipalLimits {
  readonly maxLinkCountPerPrincipal?: number;
  readonly maxStreamCountPerPrincipal?: number;
  readonly maxUnreadBytesPerPrincipal?: number;
}

/** How much of this replica one principal holds, over all of its multiplexed links. */
export class PrincipalShare implements UnreadAccount {
  linkCount = 0;
  streamCount = 0;
  unreadBytes = 0;
  readonly #limits: PrincipalLimits;

  constructor(limits: PrincipalLimits) {
    this.#limits = limits;
  }

  get maxUnreadBytes(): number {
    return this.#limits.maxUnreadBytesPerPrincipal ?? PRINCIPAL_UNREAD_MAX_BYTES;
  }

  get mayOpenLink(): boolean {
    return this.linkCount < (this.#limits.maxLinkCountPerPrincipal ?? PRINCIPAL_LINKS_MAX_COUNT);
  }

  get mayOpenStream(): boolean {
    return this.streamCount < (this.#limits.maxStreamCountPerPrincipal ?? PRINCIPAL_STREAMS_MAX_COUNT);
  }
}
