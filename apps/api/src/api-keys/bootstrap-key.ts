const PREFIX = 'bootstrap_';

/** Ids of the key that the operator configured are told from all others by their beginning. */
export function isBootstrapKey(id: string): boolean {
  return id.startsWith(PREFIX);
}
