import type { ForeignTunnel } from './foreign-tunnels.js';

/** Of ours: generations 1 and 2, and 3 over a raw socket and over a WebSocket. */
export const OUR_TRANSPORTS = ['gen1', 'gen2', 'mux', 'mux-websocket'] as const;
export type OurTransport = (typeof OUR_TRANSPORTS)[number];

/** `none`: no tunnel, or two plain relays instead of one. */
export type Transport = 'none' | OurTransport | ForeignTunnel;

/** A way from the load generator to the origin. */
export interface TunnelWay {
  readonly path: 'direct' | 'relay' | 'tunnel';
  readonly transport: Transport;
  /** Round trip of the stretch that a tunnel crosses, in milliseconds. */
  readonly rttMs: number;
  /** Answers as the origin does, over kept streams of the API's end; absent where there is no HTTP at that end. */
  readonly httpUrl?: string;
  /** Each TCP connection is a stream of its own to the origin, or two after the other where there is a class for bulk. */
  readonly streamPort: number;
  readonly bulkPort: number;
  readonly stop: () => Promise<void>;
}
