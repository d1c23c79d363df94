// Who is let in, and by what: keys, OIDC, shares, routes. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './api-keys.tests.js';
import './personal-api-keys.tests.js';
import './routes.tests.js';
import './shared-routes.tests.js';
import './shares.tests.js';
import './oidc.tests.js';
import './unknown-routes.tests.js';
