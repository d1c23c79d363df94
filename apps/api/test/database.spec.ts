// The database away, busy, cut, newer, and changed by another replica. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './database-away.tests.js';
import './database-busy.tests.js';
import './database-sessions.tests.js';
import './database-troubles.tests.js';
import './change-notices.tests.js';
import './migrations.tests.js';
