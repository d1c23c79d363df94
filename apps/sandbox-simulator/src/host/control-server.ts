import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { answerJson, closeServer, listenOnLoopback, readBody } from '../local-server.js';
import { CONTROL_BODY_MAX_BYTES } from '../limits.js';
import { parseFaultPatch } from './fault-patch.js';
import type { SimulatedGpuHost } from './gpu-host.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * The remote control of a simulated host, on loopback, for tests and for people:
 *
 *     GET  /host                           instance, agent, heartbeats, links
 *     GET  /desktops                       what runs for which lobby
 *     GET  /desktops/<session>/pointer     where its mouse is and was pressed, in its pixels
 *     GET  /desktops/<session>/served      hashes of the pictures that the desktop served last
 *     GET  /wolf                           counts and faults of Wolf
 *     GET  /moonlight                      streams, first messages and breaches of the wire's rules
 *     GET  /moonlight/inputs               what came on data channels; ?client_unique_id=… of one client
 *     DELETE /moonlight/inputs               forgets them
 *     POST /faults                         see FaultPatch
 *     POST /desktops/<session>/fault       {"mode":"hang","delayMs"?:…}, see ScreenshotFault
 *     POST /desktops/<session>/kill        the desktop dies as by the OOM killer
 *     POST /desktops/<session>/agent/kill  only its agent does
 *     POST /host-agent/kill                {"restartMs"?:…}
 *     POST /link/cut                       every connection of every agent breaks
 */
export class ControlServer {
  readonly #host: SimulatedGpuHost;
  readonly #server: Server;

  constructor(host: SimulatedGpuHost) {
    this.#host = host;
    this.#server = createServer((req, res) => {
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  /** Resolves to the URL it serves on; rejects when the port is taken. */
  async listen(port: number): Promise<string> {
    return `http://127.0.0.1:${String(await listenOnLoopback(this.#server, port))}`;
  }

  async close(): Promise<void> {
    const closed = closeServer(this.#server);
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readBody(req, CONTROL_BODY_MAX_BYTES);
    let answer: Answer = { status: 413, body: { error: 'the body is too long' } };
    if (body !== undefined) {
      const { pathname, searchParams } = new URL(req.url ?? '/', 'http://control');
      answer = await this.#answer(`${req.method ?? 'GET'} ${pathname}`, body, searchParams).catch((error: unknown) => ({
        status: 400,
        body: { error: error instanceof Error ? error.message : String(error) },
      }));
    }
    answerJson(res, answer.status, answer.body);
  }

  async #answer(route: string, body: string, query: URLSearchParams): Promise<Answer> {
    const ofDesktop = /^(GET|POST) \/desktops\/([^/]+)\/(pointer|served|fault|kill|agent\/kill)$/.exec(route);
    if (ofDesktop !== null) {
      return this.#answerDesktop(ofDesktop[2] ?? '', `${ofDesktop[1] ?? ''} ${ofDesktop[3] ?? ''}`, body);
    }
    if (/^[A-Z]+ \/moonlight(\/|$)/.test(route)) return this.#answerMoonlight(route, query);
    switch (route) {
      case 'GET /host':
        return ok(await this.#host.status());
      case 'GET /desktops':
        return ok(this.#host.desktops());
      case 'GET /wolf':
        return ok(this.#host.wolfStatus());
      case 'POST /faults':
        await this.#host.applyFaults(parseFaultPatch(body));
        return ok(this.#host.wolfStatus());
      case 'POST /host-agent/kill':
        return ok({ killed: this.#host.killAgent(restartMsIn(body)) });
      case 'POST /link/cut':
        return ok({ cut: await this.#host.cutLinks() });
      default:
        return { status: 404, body: { error: `nothing answers to ${route}` } };
    }
  }

  #answerMoonlight(route: string, query: URLSearchParams): Answer {
    const { moonlight } = this.#host;
    if (moonlight === undefined) return { status: 404, body: { error: 'this host has no Moonlight Web' } };
    switch (route) {
      case 'GET /moonlight':
        return ok(moonlight.status());
      case 'GET /moonlight/inputs':
        return ok(moonlight.inputs(query.get('client_unique_id') ?? undefined));
      case 'DELETE /moonlight/inputs':
        moonlight.clearInputs();
        return ok({ cleared: true });
      default:
        return { status: 404, body: { error: `nothing answers to ${route}` } };
    }
  }

  async #answerDesktop(sessionId: string, action: string, body: string): Promise<Answer> {
    const desktop = this.#host.desktops().find((candidate) => candidate.sessionId === decodeURIComponent(sessionId));
    if (desktop === undefined) return { status: 404, body: { error: 'no desktop of that session runs here' } };
    switch (action) {
      case 'GET pointer': {
        const lobby = this.#host.wolf.lobbies.find(({ id }) => id === desktop.lobbyId);
        return ok({ pointer: lobby?.pointer, clicks: lobby?.clicks });
      }
      case 'POST kill':
        return ok({ killed: desktop.desktopPid !== null && process.kill(desktop.desktopPid, 'SIGKILL') });
      case 'POST agent/kill':
        return ok({ killed: desktop.agentPid !== null && process.kill(desktop.agentPid, 'SIGKILL') });
      case 'POST fault':
      case 'GET served': {
        if (desktop.port === null) return { status: 409, body: { error: 'the desktop is still booting' } };
        const url = `http://127.0.0.1:${String(desktop.port)}/__simulator/`;
        const response = await (action === 'POST fault'
          ? fetch(`${url}fault`, { method: 'POST', body })
          : fetch(`${url}served`));
        return { status: response.status, body: await response.json() };
      }
      default:
        return { status: 405, body: { error: `${action} cannot be done to a desktop` } };
    }
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function restartMsIn(body: string): number | undefined {
  if (body === '') return undefined;
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('restartMs' in parsed)) return undefined;
  if (typeof parsed.restartMs !== 'number' || !(parsed.restartMs >= 0)) throw new Error('restartMs is no duration');
  return parsed.restartMs;
}
