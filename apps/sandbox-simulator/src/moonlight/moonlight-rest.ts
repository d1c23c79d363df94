import type { IncomingMessage, ServerResponse } from 'node:http';

import { readBody } from '../local-server.js';
import type { MoonlightCore } from './moonlight-core.js';
import { REST_BODY_MAX_BYTES } from './moonlight-limits.js';
import { PairAnswer } from './pair-answer.js';

/** Null stands for an empty body. */
interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

const EMPTY_OK: RestAnswer = { status: 200, body: null };
const NOT_FOUND: RestAnswer = { status: 404, body: null };
/** Something to show: a GIF of one pixel. */
const APP_IMAGE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** REST as in moonlight-web §1. The path of the stream is not here: it is a WebSocket's or a 400. */
export class MoonlightRest {
  readonly #core: MoonlightCore;
  readonly #pairing: PairAnswer;

  constructor(core: MoonlightCore) {
    this.#core = core;
    this.#pairing = new PairAnswer(core);
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://moonlight');
    const route = `${req.method ?? 'GET'} ${url.pathname}`;
    if (route === 'GET /api/host/stream') {
      res.writeHead(400, { 'Content-Type': 'text/plain' }).end('Missing or wrong WebSocket headers');
      return;
    }
    if (!isUnderApi(url.pathname)) {
      this.#servePage(route, res);
      return;
    }
    const refusal = this.#refusalOf(req.headers.authorization);
    if (refusal === 'cut') {
      req.socket.destroy();
      return;
    }
    if (refusal !== undefined) {
      res.writeHead(refusal, { 'Content-Length': 0 }).end();
      return;
    }
    await this.#serveRoute(route, url.searchParams, req, res);
  }

  close(): void {
    this.#pairing.close();
  }

  /** H takes a value without a space for a bug of its own, and the handler is gone (§1). */
  #refusalOf(authorization: string | undefined): 401 | 400 | 'cut' | undefined {
    const { credentials, dialect } = this.#core;
    if (credentials === null) return undefined;
    if (authorization === undefined) return 401;
    const space = authorization.indexOf(' ');
    if (space < 0) return dialect === 'H' ? 'cut' : 400;
    return authorization === `Bearer ${credentials}` ? undefined : 401;
  }

  #servePage(route: string, res: ServerResponse): void {
    const { dialect, credentials } = this.#core;
    if (route === 'GET /config.js') {
      const config = {
        path_prefix: '',
        ...(dialect === 'K' && { enable_credential_authentication: credentials !== null }),
      };
      res.writeHead(200, { 'Content-Type': 'text/javascript' }).end(`export default ${JSON.stringify(config)}`);
    } else if (route === 'GET /' || route === 'GET /index.html') {
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Moonlight Web, simulated</title>');
    } else res.writeHead(404, { 'Content-Length': 0 }).end();
  }

  async #serveRoute(route: string, query: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { faults, dialect } = this.#core;
    const isStatus = route === 'GET /api/sessions' || (route === 'GET /api/admin/status' && dialect === 'K');
    if (isStatus && faults.hangStatus) return;
    let hostId: number | undefined;
    if (req.method === 'POST') {
      const body = await readBody(req, REST_BODY_MAX_BYTES);
      hostId = body === undefined ? undefined : hostIdIn(body);
    } else if (query.has('host_id')) hostId = Number(query.get('host_id'));
    if (needsHost(route) && (hostId === undefined || !Number.isInteger(hostId) || hostId < 0)) {
      res.writeHead(400, { 'Content-Type': 'text/plain' }).end('host_id is missing or no number');
      return;
    }
    const isKnownHost = hostId === this.#core.host.id && !this.#core.host.isRemoved;
    if (route === 'POST /api/pair' && isKnownHost) {
      await this.#pairing.serve(req, res);
      return;
    }
    if (route === 'GET /api/app/image' && isKnownHost && this.#appIds().includes(Number(query.get('app_id')))) {
      res.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(APP_IMAGE);
      return;
    }
    const answer = needsHost(route) && !isKnownHost ? NOT_FOUND : this.#answer(route);
    if (answer.body === null) res.writeHead(answer.status, { 'Content-Length': 0 }).end();
    else res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  #answer(route: string): RestAnswer {
    const { host, wolf, dialect, registry, identities } = this.#core;
    const apps = wolf.apps();
    switch (route) {
      case 'GET /api/authenticate':
        return EMPTY_OK;
      case 'GET /api/hosts':
        return ok({ hosts: host.isRemoved ? [] : [this.#undetailedHost()] });
      case 'GET /api/host':
        return apps === undefined ? { status: 500, body: null } : ok({ host: this.#pairing.detailedHost() });
      // There is no other host to be found from here.
      case 'PUT /api/host':
        return NOT_FOUND;
      case 'DELETE /api/host':
        host.isRemoved = true;
        return EMPTY_OK;
      case 'POST /api/host/wake':
        return EMPTY_OK;
      case 'POST /api/host/cancel':
        return apps === undefined ? { status: 500, body: null } : ok({ success: true });
      case 'GET /api/apps':
        return apps === undefined ? { status: 500, body: null } : ok({ apps });
      case 'GET /api/sessions':
        return ok({ sessions: this.#sessions() });
      case 'GET /api/admin/status': {
        if (dialect === 'H') return NOT_FOUND;
        const clients = identities.list().map((id) => ({ client_unique_id: id, has_certificate: true }));
        const sessions = this.#sessions();
        return ok({
          total_clients: clients.length,
          total_sessions: sessions.length,
          active_websockets: registry.list().filter((session) => session.status().hasWebsocket).length,
          clients,
          sessions,
        });
      }
      default:
        return NOT_FOUND;
    }
  }

  #sessions(): readonly unknown[] {
    const { registry, dialect } = this.#core;
    return registry.list().map((session) => {
      const { sessionId, clientUniqueId, mode, hasWebsocket } = session.status();
      const base = { session_id: sessionId, client_unique_id: clientUniqueId, mode, has_websocket: hasWebsocket };
      if (dialect === 'H') return base;
      return { ...base, streamer_pid: session.isAlive ? process.pid : null, streamer_alive: session.isAlive };
    });
  }

  #undetailedHost(): unknown {
    const { host, wolf } = this.#core;
    const isOnline = wolf.apps() !== undefined;
    return {
      host_id: host.id,
      name: isOnline ? 'wolf' : 'offline',
      paired: host.isPaired ? 'Paired' : 'NotPaired',
      server_state: isOnline ? 'Free' : null,
    };
  }

  #appIds(): readonly number[] {
    return this.#core.wolf.apps()?.map((app) => app.app_id) ?? [];
  }
}

/** By equality, as the middleware tells what is its own. */
function isUnderApi(path: string): boolean {
  return path === '/api' || path.startsWith('/api/');
}

function needsHost(route: string): boolean {
  const routes = [
    'GET /api/host',
    'DELETE /api/host',
    'POST /api/pair',
    'POST /api/host/wake',
    'POST /api/host/cancel',
  ];
  return [...routes, 'GET /api/apps', 'GET /api/app/image'].includes(route);
}

function hostIdIn(body: string): number | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('host_id' in parsed)) return undefined;
    return typeof parsed.host_id === 'number' ? parsed.host_id : undefined;
  } catch {
    return undefined;
  }
}

function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}
