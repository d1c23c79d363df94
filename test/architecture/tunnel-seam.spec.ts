import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT, shippedSources } from './source-files.js';

/** Presence and dials have an interface each, behind which a link of another replica can be; the manager knows local links only. */
describe('the seam of the tunnel', () => {
  const using = shippedSources()
    .filter(({ path: file }) => /\bConnectionManager\b/.test(readFileSync(path.join(ROOT, file), 'utf8')))
    .map(({ packageFolder }) => packageFolder);

  it('sources outside libs/revdial -> none names ConnectionManager', () => {
    expect([...new Set(using)]).toEqual(['libs/revdial']);
  });
});
