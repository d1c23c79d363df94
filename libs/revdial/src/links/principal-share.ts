import { PRINCIPAL_LINKS_MAX_COUNT, PRINCIPAL_STREAMS_MAX_COUNT } from '../limits.js';

export interface PrincipalLimits {
  readonly maxLinkCountPerPrincipal?: number;
  readonly maxStreamCountPerPrincipal?: number;
}

/** How much of this replica one principal holds, over all of its multiplexed links. */
export class PrincipalShare {
  linkCount = 0;
  streamCount = 0;
  readonly #limits: PrincipalLimits;

  constructor(limits: PrincipalLimits) {
    this.#limits = limits;
  }

  get mayOpenLink(): boolean {
    return this.linkCount < (this.#limits.maxLinkCountPerPrincipal ?? PRINCIPAL_LINKS_MAX_COUNT);
  }

  get mayOpenStream(): boolean {
    return this.streamCount < (this.#limits.maxStreamCountPerPrincipal ?? PRINCIPAL_STREAMS_MAX_COUNT);
  }
}
