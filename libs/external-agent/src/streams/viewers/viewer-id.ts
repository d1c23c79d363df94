import { createHash } from 'node:crypto';
import type { ViewerHolder } from './viewer.js';

/**
 * The name of one tab of one person, 20 characters of `[0-9a-f]`. Derived, so that it stays the same when he connects again, and
 * so that nobody can take another's by what his client sends.
 */
export function viewerIdOf(holder: ViewerHolder, tab: string): string {
  const name = holder.kind === 'user' ? `user:${holder.userId}` : `share:${holder.shareId}`;
  return createHash('sha256')
    .update(`${String(name.length)}:${name}:${tab}`)
    .digest('hex')
    .slice(0, 20);
}
