import type { IncomingMessage, ServerResponse } from 'node:http';

export type CarrierKind = 'raw' | 'websocket';

/** Of generation 3, in the handshake. */
export const REVDIAL_PROTOCOL = 'revdial';
export const REVDIAL_VERSION = '3';
export const REVDIAL_SUBPROTOCOL = 'revdial.v3';

const PATHS: ReadonlySet<string> = new Set(['/api/v1/revdial', '/revdial']);

/** What a request to the tunnel's endpoint asks for. */
export interface TunnelRequest {
  /** A control connection names a runner; a data connection names a dialer, and the dial it answers. */
  readonly purpose: 'control' | 'data';
  readonly runnerId: string | undefined;
  /** All that are named: a link of generation 3 carries several. */
  readonly runnerIds: readonly string[];
  /** How a control connection of generation 3 is to travel; `undefined` for the others. */
  readonly carrier: CarrierKind | undefined;
  readonly dialerId: string | undefined;
  readonly dialId: string | undefined;
}

/**
 * Parses the URL of a request; `undefined` when it is not for the tunnel. Legacy clients ask for `connPath` unchanged,
 * hence two paths (revdial-wire §2).
 */
export function tunnelRequestOf(request: IncomingMessage): TunnelRequest | undefined {
  const url = request.url ?? '';
  const question = url.indexOf('?');
  if (!PATHS.has(question < 0 ? url : url.slice(0, question))) return undefined;
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  const dialerId = presentParameter(query, 'revdial.dialer');
  return {
    purpose: dialerId === undefined ? 'control' : 'data',
    runnerId: presentParameter(query, 'runnerid'),
    runnerIds: query.getAll('runnerid').filter((id) => id !== ''),
    carrier: dialerId === undefined ? carrierKindOf(request) : undefined,
    dialerId,
    dialId: presentParameter(query, 'revdial.req'),
  };
}

/** Is the request the tunnel's, which no other handler may touch? */
export function isTunnelRequest(request: IncomingMessage): boolean {
  return tunnelRequestOf(request) !== undefined;
}

function presentParameter(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  return value === null || value === '' ? undefined : value;
}

function carrierKindOf({ headers }: IncomingMessage): CarrierKind | undefined {
  switch (headers.upgrade?.toLowerCase()) {
    case REVDIAL_PROTOCOL:
      return headers['revdial-version'] === REVDIAL_VERSION ? 'raw' : undefined;
    case 'websocket': {
      const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
      return offered.some((protocol) => protocol.trim() === REVDIAL_SUBPROTOCOL) ? 'websocket' : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Generation 1 asks with `Connection: Upgrade` and without `Upgrade` (revdial-wire §2). A response without the socket waits
 * for the one to an earlier request, and the socket cannot be taken.
 */
export function isHijack(request: IncomingMessage, response: ServerResponse): boolean {
  if (response.socket !== request.socket) return false;
  const tokens = request.headers.connection?.toLowerCase().split(',') ?? [];
  return request.headers.upgrade === undefined && tokens.some((token) => token.trim() === 'upgrade');
}
