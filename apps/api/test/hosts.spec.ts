// Hosts: their links, what operators do with them, their Wolf and their Moonlight Web. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './host-links.tests.js';
import './host-operations.tests.js';
import './host-removal.tests.js';
import './wolf.tests.js';
import './moonlight.tests.js';
