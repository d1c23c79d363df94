import { reads, type WolfEndpoint } from '../endpoint.js';
import type { WolfEra } from '../wolf-era.js';
import { NOT_FOUND } from '../wolf-reply.js';
import { CLIENT_ENDPOINTS } from './clients.js';
import { LOBBY_ENDPOINTS } from './lobbies.js';
import { SESSION_ENDPOINTS } from './sessions.js';
import { SYSTEM_ENDPOINTS } from './system.js';

const ALL_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/events', 'u24', (core) => (core.faults.events === 'absent' ? NOT_FOUND : { kind: 'events' })),
  ...CLIENT_ENDPOINTS,
  ...SESSION_ENDPOINTS,
  ...LOBBY_ENDPOINTS,
  ...SYSTEM_ENDPOINTS,
];

/** What a Wolf of this era offers. */
export function endpointsOf(era: WolfEra): readonly WolfEndpoint[] {
  return ALL_ENDPOINTS.filter((endpoint) => endpoint.isIn(era));
}
