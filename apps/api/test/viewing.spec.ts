// Streams of viewers, and all of it over each generation of the wire. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './streams.tests.js';
import './stream-crowd.tests.js';
import './wire-generations.tests.js';
