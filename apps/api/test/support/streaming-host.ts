import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector, type DialBackTransport } from '@helix/revdial';
import { SimulatedMoonlightWeb, SimulatedWolfSide, type MoonlightDialect } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';
import { SimulatedHost } from './simulated-host.js';

export const MOONLIGHT_SECRET = 'of-the-hosts';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A host whose Moonlight Web the API reaches by a link of its own. It plays the signalling; no media flow. */
export class StreamingHost {
  private constructor(
    readonly host: SimulatedHost,
    readonly moonlight: SimulatedMoonlightWeb,
    private tunnel: RunnerTunnel,
    private readonly tunnelTo: () => RunnerTunnel,
  ) {}

  /** `moonlightUrl`: by what way the Moonlight's link goes; Wolf's goes straight. */
  static async connect(
    api: ApiInProcess,
    id: string,
    {
      dialect = 'K',
      transport = 'hijack',
      moonlightUrl = api.url,
    }: {
      readonly dialect?: MoonlightDialect;
      readonly transport?: DialBackTransport;
      readonly moonlightUrl?: string;
    } = {},
  ): Promise<StreamingHost> {
    const host = await SimulatedHost.connect(api, id);
    const moonlight = new SimulatedMoonlightWeb({
      credentials: MOONLIGHT_SECRET,
      wolf: new SimulatedWolfSide(host.wolf),
      dialect,
      engine: 'scripted',
    });
    await moonlight.start();
    const server = parseServerAddress(moonlightUrl);
    if (server === undefined) throw new Error('no address');
    const port = Number(moonlight.address.split(':')[1]);
    const tunnelTo = (): RunnerTunnel =>
      new RunnerTunnel({
        connector: new SocketConnector({ server }),
        runnerId: `moonlight-${id}`,
        token: fixedToken(RUNNER_TOKEN),
        local: { kind: 'tcp', host: '127.0.0.1', port },
        transport,
        logger: QUIET,
      });
    const tunnel = tunnelTo();
    tunnel.start();
    await eventually(() => {
      expect(tunnel.state).toBe('connected');
    });
    return new StreamingHost(host, moonlight, tunnel, tunnelTo);
  }

  /** The agent dies, with all its sockets. */
  loseLink(): void {
    this.tunnel.destroy();
  }

  /** Another one begins. */
  relink(): void {
    this.tunnel = this.tunnelTo();
    this.tunnel.start();
  }

  get streamCount(): number {
    return this.moonlight.status().sessions.length;
  }

  /** After a test, whatever it did: nothing reached the host that would have harmed it. */
  async close(): Promise<void> {
    expect(this.moonlight.status().violations).toEqual([]);
    this.tunnel.destroy();
    await this.tunnel.closed;
    await this.moonlight.close();
    await this.host.close();
  }
}
