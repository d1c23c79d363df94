import { printApp } from '../app-catalog.js';
import { reads, takes, type WolfEndpoint } from '../endpoint.js';
import { printPairedClient } from '../paired-clients.js';
import { printProfile } from '../profiles.js';
import { failure, success } from '../wolf-reply.js';
import { struct, text } from '../wolf-shape.js';
import { stoull } from '../wolf-u64.js';

/** Apps, profiles, paired clients and pairing (wolf-api §3.1, §3.2, §3.6). */
export const CATALOG_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/apps', 'u24', (core) => success({ apps: core.apps.map((app) => printApp(app, core.era)) })),
  // The PINs of profiles go out in clear, those of lobbies never.
  reads('/profiles', 'nov25', (core) =>
    success({ profiles: core.profiles.map((profile) => printProfile(profile, core.era)) }),
  ),
  reads('/clients', 'u24', (core) =>
    success({ clients: core.clients.map((client) => printPairedClient(client, core.era)) }),
  ),
  reads('/pair/pending', 'u24', (core) => success({ requests: core.pairing.print(core.era) })),
  takes({
    path: '/pair/client',
    since: 'u24',
    typeName: 'wolf::api::PairRequest',
    shape: () => struct({ pair_secret: text, pin: text }),
    answer: (core, request) =>
      core.pairing.answer(request.pair_secret, request.pin) ? success() : failure('Invalid pair secret'),
  }),
  takes({
    path: '/unpair/client',
    since: 'nov25',
    typeName: 'wolf::api::UnpairClientRequest',
    shape: () => struct({ client_id: text }),
    refuse: () => failure('Invalid request format', 400),
    answer: (core, request) => {
      // The one endpoint that guards the conversion (wolf-api §2.2).
      const clientId = stoull(request.client_id);
      if (clientId === undefined) return failure('stoull');
      core.toU64(request.client_id);
      const index = core.clients.findIndex((client) => client.clientId === clientId);
      if (index < 0) return failure('Client not found', 404);
      core.clients.splice(index, 1);
      return success();
    },
  }),
];
