/** What carries the control connection of generations 1 and 2. */
export type DialBackTransport = 'hijack' | 'websocket';
