import { Injectable } from '@nestjs/common';
import { ReplicaPresence } from '@helix/scheduler';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../access/principal.js';
import { API_LIMITS } from '../limits.js';

interface Known {
  readonly principal: Principal;
  readonly expiresAt: number;
  readonly readAt: number;
}

/** What this replica knows of keys, by their hash. Only keys that exist are remembered: guesses take no memory. */
@Injectable()
export class KeyCache {
  private readonly known = new LRUCache<string, Known>({ max: API_LIMITS.keysRemembered });
  /** Rises with every revocation, so that a read begun before it is not remembered after it. */
  private revocations = 0;
  /** What was read before this may have changed. */
  private doubtedAt = -Infinity;

  constructor(private readonly replica: ReplicaPresence) {}

  get epoch(): number {
    return this.revocations;
  }

  remember(hash: Buffer, principal: Principal, expiresAt: Date | null, epoch: number): void {
    if (epoch !== this.revocations) return;
    this.known.set(keyOf(hash), { principal, expiresAt: expiresAt?.getTime() ?? Infinity, readAt: performance.now() });
  }

  /** The key was revoked elsewhere, or has expired. */
  drop(hash: Buffer): void {
    this.known.delete(keyOf(hash));
  }

  /** The key is being revoked here, or was changed or revoked elsewhere. */
  forget(hash: Buffer): void {
    this.revocations += 1;
    this.known.delete(keyOf(hash));
  }

  /** Any key may have been revoked elsewhere. What is known stays for when the database cannot be asked. */
  doubtAll(): void {
    this.revocations += 1;
    this.doubtedAt = performance.now();
  }

  /** The key's holder if it was read recently. */
  fresh(hash: Buffer): Principal | undefined {
    const readAt = this.known.get(keyOf(hash))?.readAt ?? -Infinity;
    return readAt > this.doubtedAt ? this.find(hash, API_LIMITS.keyFreshMs) : undefined;
  }

  /** The key's holder if it was read not too long ago; for when the database cannot be asked. */
  stale(hash: Buffer): Principal | undefined {
    return this.find(hash, API_LIMITS.keyStaleMs);
  }

  private find(hash: Buffer, maxAgeMs: number): Principal | undefined {
    const known = this.known.get(keyOf(hash));
    if (known === undefined || known.expiresAt <= this.replica.now().getTime()) return undefined;
    return performance.now() - known.readAt < maxAgeMs ? known.principal : undefined;
  }
}

function keyOf(hash: Buffer): string {
  return hash.toString('latin1');
}
