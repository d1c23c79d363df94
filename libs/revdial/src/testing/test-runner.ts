import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@helix/pacing/testing';
import { AgentTunnels } from '../runner/agent/agent-tunnels.js';
import type { AgentTransportMode } from '../runner/agent/agent-tunnels.js';
import type { RunnerTimings } from '../runner/limits.js';
import type { LocalAddress } from '../runner/streams/local-address.js';
import type { RunnerLogger, RunnerTunnelState, RunnerTunnelStatus } from '../runner/tunnel-status.js';
import { parseServerAddress } from '../runner/connect/server-address.js';
import { SocketConnector } from '../runner/connect/socket-connector.js';
import { fixedToken } from '../runner/connect/token-source.js';

export interface TestRunnerOptions {
  /** Base URL of the API. */
  readonly api: string;
  readonly runnerId: string;
  readonly token: string;
  /** The service behind the link: a handler, for which the runner starts a server of its own, or where one listens. */
  readonly service: RequestListener | LocalAddress;
  /** Of the wire: 1 hijacks a socket, 2 holds a WebSocket, 3 multiplexes its streams, as the agent does unless told otherwise. */
  readonly generation?: 1 | 2 | 3;
  /** What carries generation 3; the runner finds out by itself unless given, as the agent does. */
  readonly carrier?: 'auto' | 'mux' | 'mux-websocket';
  readonly timings?: Partial<RunnerTimings>;
  readonly logger?: RunnerLogger;
}

const ignore = (): void => undefined;
const SILENT: RunnerLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * One runner in the test's process: a desktop, or a host's Wolf or Moonlight Web. It holds its link as `apps/revdial-agent` does, with
 * the same `AgentTunnels`, and leads to a service that the test gives it.
 */
export class TestRunner {
  readonly #tunnels: AgentTunnels;
  readonly #server: Server | undefined;

  private constructor(tunnels: AgentTunnels, server: Server | undefined) {
    this.#tunnels = tunnels;
    this.#server = server;
  }

  /** Resolves when the service listens and the runner has begun to connect. */
  static async start(options: TestRunnerOptions): Promise<TestRunner> {
    const { runnerId, service, token, timings = {}, logger = SILENT } = options;
    const server = parseServerAddress(options.api);
    if (server === undefined) throw new TypeError(`${options.api} is not the URL of an API`);
    let own: Server | undefined;
    let local: LocalAddress;
    if (typeof service === 'function') {
      own = createServer(service).listen(0, '127.0.0.1');
      await once(own, 'listening');
      local = { kind: 'tcp', host: '127.0.0.1', port: (own.address() as AddressInfo).port };
    } else local = service;
    const tunnels = new AgentTunnels({
      connector: new SocketConnector({ server }),
      targets: [{ runnerId, local, logger }],
      token: fixedToken(token),
      transport: transportOf(options),
      timings,
      logger,
    });
    tunnels.start();
    return new TestRunner(tunnels, own);
  }

  /** As `start`, and resolves when the link stands. */
  static async connect(options: TestRunnerOptions): Promise<TestRunner> {
    const runner = await TestRunner.start(options);
    try {
      await runner.until('connected');
    } catch (error) {
      await runner.close();
      throw error;
    }
    return runner;
  }

  get status(): RunnerTunnelStatus {
    const [status] = this.#tunnels.statuses;
    if (status === undefined) throw new Error('a test runner has one target');
    return status;
  }

  /** Resolves when the runner is in this state; rejects when that takes longer than 15 s. */
  async until(state: RunnerTunnelState): Promise<void> {
    await eventually(() => {
      const { runnerId, state: current } = this.status;
      if (current !== state) throw new Error(`${runnerId} is ${current}, not ${state}`);
    });
  }

  /** Cuts what callers have with the service, as when its container is killed. The link stays. */
  cutService(): void {
    this.#server?.closeAllConnections();
  }

  /** Cuts the link and all its streams, as when the agent is killed. The service stays. Idempotent. */
  destroy(): void {
    this.#tunnels.destroy();
  }

  /** Cuts the link and closes the service, if it is the runner's own. Resolves when both are gone. Idempotent. */
  async close(): Promise<void> {
    this.destroy();
    await this.#tunnels.closed;
    if (this.#server?.listening !== true) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function transportOf({ generation = 3, carrier = 'auto' }: TestRunnerOptions): AgentTransportMode {
  switch (generation) {
    case 1:
      return 'hijack';
    case 2:
      return 'websocket';
    case 3:
      return carrier;
    default:
      return generation satisfies never;
  }
}
