export { wolfClientSuite } from './wolf-client-suite.js';
export type { SpoiltAnswer, WolfClientHarness } from './wolf-client-harness.js';
export { exampleLobby } from './example-lobby.js';
