/** Who does something to a host, and from where; both stand in the event that tells of it. */
export interface Operator {
  readonly actor: string;
  readonly remoteAddress: string;
}
