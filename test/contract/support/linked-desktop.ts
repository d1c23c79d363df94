import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionId } from '@helix/external-agent';
import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A desktop's service behind a real link, which answers as a test wants it to; requests are read to their end first. */
export class LinkedDesktop {
  /** What was asked, as `GET /screenshot?quality=40`, and the body that came with it. */
  readonly asked: { readonly what: string; readonly body: string }[] = [];
  answer: Answering = () => undefined;

  private constructor(
    private readonly service: Server,
    private readonly tunnel: RunnerTunnel,
  ) {}

  /** Resolves at once; its link stands when the session says `desktop_connected`. */
  static async connect(apiUrl: string, sessionId: SessionId, token: string): Promise<LinkedDesktop> {
    const service = createServer();
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const server = parseServerAddress(apiUrl);
    if (server === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: `sandbox-${sessionId}`,
      token: fixedToken(token),
      local: { kind: 'tcp', host: '127.0.0.1', port: (service.address() as AddressInfo).port },
      logger: QUIET,
    });
    const desktop = new LinkedDesktop(service, tunnel);
    service.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void desktop.#take(request, response);
    });
    tunnel.start();
    return desktop;
  }

  /** Answers everything so from now on. */
  answers(status: number, type: string, body: string | Buffer = ''): void {
    this.answer = (_request, response) => response.writeHead(status, { 'content-type': type }).end(body);
  }

  async close(): Promise<void> {
    this.tunnel.destroy();
    await this.tunnel.closed;
    this.service.closeAllConnections();
    await new Promise((resolve) => this.service.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      let body = '';
      for await (const piece of request.setEncoding('latin1')) body += String(piece);
      this.asked.push({ what: `${request.method ?? ''} ${request.url ?? ''}`, body });
      this.answer(request, response);
    } catch {
      // The caller left while he sent.
    }
  }
}
