// The contract of the routes of sessions and their desktops. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './sessions.tests.js';
import './external-agents.tests.js';
import './desktop.tests.js';
import './desktop-services.tests.js';
import './user-socket.tests.js';
import './shares.tests.js';
