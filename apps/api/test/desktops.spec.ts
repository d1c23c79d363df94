// Desktops behind links: what they are asked, and how they are told to be. One file, since loading the application takes longer than most of
// these tests; each module starts an API with settings of its own. One alone: `-t` with its title.
import './agent-sandboxes.tests.js';
import './desktop-exec.tests.js';
import './desktop-facts.tests.js';
import './desktop-logs.tests.js';
import './desktop-upload.tests.js';
import './live-state.tests.js';
import './paused-picture.tests.js';
import './slow-readers.tests.js';
