import { printApp } from '../app-catalog.js';
import { reads, takes, type WolfEndpoint } from '../endpoint.js';
import { failure, success } from '../wolf-reply.js';
import { struct, text } from '../wolf-shape.js';

/** Apps and pairing (wolf-api §3.1, §3.6). */
export const CATALOG_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/apps', 'u24', (core) => success({ apps: core.apps.map((app) => printApp(app, core.era)) })),
  reads('/pair/pending', 'u24', (core) => success({ requests: core.pairing.print(core.era) })),
  takes({
    path: '/pair/client',
    since: 'u24',
    shape: () => struct({ pair_secret: text, pin: text }),
    answer: (core, request) =>
      core.pairing.answer(request.pair_secret, request.pin) ? success() : failure('Invalid pair secret'),
  }),
];
