import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionManager, fixedToken, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';
import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../../test/support/rest-client.js';
import { ApiInProcess } from './api-in-process.js';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** An API with one running session whose desktop holds its link, and whose service answers as a test wants it to. */
export class ServedDesktop {
  /** What the service was asked. */
  asked: string[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  /** The session's path. */
  readonly base: string;

  private constructor(
    readonly api: ApiInProcess,
    readonly owner: RestClient,
    readonly id: SessionId,
    private readonly service: Server,
    private readonly tunnel: RunnerTunnel,
  ) {
    this.base = `/api/v1/external-agents/${id}`;
    service.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      request.on('error', () => undefined);
      this.answer(request, response);
    });
  }

  static async start(): Promise<ServedDesktop> {
    const api = await ApiInProcess.start({ DESKTOP_EXEC_ENABLED: 'true' });
    const owner = api.as(await api.userKey('owner'));
    const id = await api.runningSession('owner');
    const service = createServer();
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const server = parseServerAddress(api.url);
    if (server === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: `sandbox-${id}`,
      token: fixedToken(await api.sessionToken(id, 'owner')),
      local: { kind: 'tcp', host: '127.0.0.1', port: (service.address() as AddressInfo).port },
      logger: QUIET,
    });
    const desktop = new ServedDesktop(api, owner, id, service, tunnel);
    tunnel.start();
    await eventually(async () => {
      expect((await owner.get(desktop.base)).body['desktop_connected']).toBe(true);
    });
    return desktop;
  }

  get openStreamCount(): number {
    return this.api.api.app.get(ConnectionManager).totals().openStreamCount;
  }

  /** A session of the same owner that is stopped. */
  async stoppedSession(): Promise<SessionId> {
    const id = await this.api.runningSession('owner');
    await this.api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [id]);
    return id;
  }

  async close(): Promise<void> {
    this.tunnel.destroy();
    await this.tunnel.closed;
    this.service.closeAllConnections();
    this.service.close();
    await this.api.close();
  }
}
