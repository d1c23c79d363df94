import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A host's Moonlight Web behind a real link, which answers as a test wants it to; requests are read to their end first. */
export class LinkedMoonlight {
  static readonly CREDENTIALS = 'credentials-of-this-test';
  readonly asked: { readonly what: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  /** Answers that were cut before their end. */
  abandonedCount = 0;
  answer: Answering = (_request, response) => response.end();

  private constructor(
    private readonly service: Server,
    private readonly tunnel: RunnerTunnel,
  ) {}

  static async connect(api: ApiInProcess, instanceId: string): Promise<LinkedMoonlight> {
    const service = createServer();
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const server = parseServerAddress(api.url);
    if (server === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: `moonlight-${instanceId}`,
      token: fixedToken(RUNNER_TOKEN),
      local: { kind: 'tcp', host: '127.0.0.1', port: (service.address() as AddressInfo).port },
      logger: QUIET,
    });
    const moonlight = new LinkedMoonlight(service, tunnel);
    service.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void moonlight.#take(request, response);
    });
    tunnel.start();
    const admin = api.as(await api.userKey('watcher', true));
    await eventually(async () => {
      const { body } = await admin.get('/api/v1/admin/runners');
      expect(JSON.stringify(body)).toContain(`"moonlight-${instanceId}"`);
    });
    return moonlight;
  }

  async close(): Promise<void> {
    this.tunnel.destroy();
    await this.tunnel.closed;
    this.service.closeAllConnections();
    await new Promise((resolve) => this.service.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', () => {
      if (!response.writableFinished) this.abandonedCount += 1;
    });
    let body = '';
    try {
      for await (const piece of request) body += String(piece);
    } catch {
      return;
    }
    this.asked.push({ what: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body });
    if (request.headers.authorization === `Bearer ${LinkedMoonlight.CREDENTIALS}`) this.answer(request, response);
    else response.writeHead(401).end();
  }
}
