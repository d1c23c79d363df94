// The contract of all other routes. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './wolf-instances.tests.js';
import './wolf.tests.js';
import './fleet.tests.js';
import './admin.tests.js';
import './moonlight.tests.js';
import './users.tests.js';
import './console.tests.js';
import './routes.tests.js';
