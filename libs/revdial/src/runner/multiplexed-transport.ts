/** What carries a link of generation 3: an upgraded socket, or a WebSocket. */
export type MultiplexedTransport = 'mux' | 'mux-websocket';
