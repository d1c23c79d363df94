import { randomBytes } from 'node:crypto';

/**
 * Tells this process from others that claim the same runner ids (docs/protocol.md, "Two machines with one id"). Random, so that
 * it says nothing about the machine, and new with each start: the connections of a process that has died die with it.
 */
export const MACHINE_ID = randomBytes(16).toString('base64url');
