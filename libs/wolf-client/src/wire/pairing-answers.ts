import { z } from 'zod';
import type { PendingPairing } from '../model/pairing.js';
import { listOf } from './scalars.js';

/** The oldest Wolf puts the client's address under the key `pin` (wolf-api §3.6). */
const pending = z
  .object({ pair_secret: z.string(), client_ip: z.string().nullish(), pin: z.string().nullish() })
  .transform((wire): PendingPairing => ({
    pairSecret: wire.pair_secret,
    clientIp: wire.client_ip ?? wire.pin ?? '',
  }));

/** `GET /pair/pending`. */
export const pendingPairingsAnswer = z.object({ requests: listOf(pending) }).transform((wire) => wire.requests);
