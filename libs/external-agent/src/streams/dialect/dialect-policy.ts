import { LIMITS } from '../../limits.js';
import type { MoonlightDialect } from '../moonlight-dialects.js';
import {
  buildHelixFirstMessage,
  buildV2FirstMessage,
  buildV3FirstMessage,
  type FirstMessage,
  type ServerSideIdentity,
} from './first-message.js';

/** What the proxy may do to a host of one dialect, and what it lets through (moonlight-web §3.6, §6, §8.11). */
export interface DialectPolicy {
  readonly path: string;
  readonly buildFirstMessage: (text: string, identity: ServerSideIdentity) => FirstMessage;
  /** Variants that a viewer may send after the first message. */
  readonly clientVariants: ReadonlySet<string>;
  /** Which of these asks for a size; `undefined` where the first message alone does. */
  readonly startVariant: string | undefined;
  /** What carries the ICE servers to the browser. */
  readonly iceVariant: string;
  /** Tells that the stream stands. */
  readonly connectedVariant: string;
  /** Media and input over the socket. Where it is false a binary frame would end the session upstream. */
  readonly isBinaryAllowed: boolean;
  /** Largest message from the host: the session descriptions, or whole key frames. */
  readonly hostMessageMaxBytes: number;
  /** What may wait for a browser that reads too slowly. */
  readonly browserBacklogMaxBytes: number;
  /** Input passes through the proxy, so that a viewer without control can be kept from it. */
  readonly enforcesViewOnly: boolean;
  /** The host takes the user from a header of the upgrade and not from the first message. */
  readonly isUserForwarded: boolean;
}

const HELIX: DialectPolicy = {
  path: '/api/host/stream',
  buildFirstMessage: buildHelixFirstMessage,
  clientVariants: new Set(['Signaling']),
  startVariant: undefined,
  iceVariant: 'WebRtcConfig',
  connectedVariant: 'ConnectionComplete',
  isBinaryAllowed: false,
  hostMessageMaxBytes: LIMITS.streamHostMessageMaxBytes,
  browserBacklogMaxBytes: LIMITS.streamBacklogMaxBytes,
  enforcesViewOnly: false,
  isUserForwarded: false,
};

const MEDIA = {
  isBinaryAllowed: true,
  hostMessageMaxBytes: LIMITS.streamMediaMessageMaxBytes,
  browserBacklogMaxBytes: LIMITS.streamMediaBacklogMaxBytes,
  enforcesViewOnly: true,
  isUserForwarded: true,
} as const;

export const DIALECT_POLICIES: Readonly<Record<MoonlightDialect, DialectPolicy>> = {
  helix: HELIX,
  v2: {
    ...HELIX,
    ...MEDIA,
    buildFirstMessage: buildV2FirstMessage,
    clientVariants: new Set(['SetTransport', 'StartStream', 'WebRtc']),
    startVariant: 'StartStream',
    iceVariant: 'Setup',
  },
  v3: {
    ...HELIX,
    ...MEDIA,
    path: '/api/host/stream/web_socket',
    buildFirstMessage: buildV3FirstMessage,
    clientVariants: new Set(['Stats']),
    connectedVariant: 'Response',
  },
};
