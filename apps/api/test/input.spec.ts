// What the API takes and what it refuses before it is work, and what it says without work. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './bodies.tests.js';
import './hostile-input.tests.js';
import './no-page.tests.js';
import './base-path.tests.js';
import './openapi.tests.js';
import './operations.tests.js';
import './frontend-config.tests.js';
import './failed-requests.tests.js';
