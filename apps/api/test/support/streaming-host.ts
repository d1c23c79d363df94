import { TestRunner, type TestRunnerOptions } from '@helix/revdial/testing';
import { SimulatedMoonlightWeb, SimulatedWolfSide } from '@helix/sandbox-simulator';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';
import { SimulatedHost, type WireOptions } from './simulated-host.js';

export const MOONLIGHT_SECRET = 'of-the-hosts';

/** A host whose Moonlight Web the API reaches by a link of its own. It plays the signalling; no media flow. */
export class StreamingHost {
  readonly #link: TestRunnerOptions;
  #runner: TestRunner;

  private constructor(
    readonly host: SimulatedHost,
    readonly moonlight: SimulatedMoonlightWeb,
    link: TestRunnerOptions,
    runner: TestRunner,
  ) {
    this.#link = link;
    this.#runner = runner;
  }

  static async connect(api: ApiInProcess, id: string, wire: WireOptions = {}): Promise<StreamingHost> {
    const host = await SimulatedHost.connect(api, id, { wire });
    const moonlight = new SimulatedMoonlightWeb({
      credentials: MOONLIGHT_SECRET,
      wolf: new SimulatedWolfSide(host.wolf),
      dialect: 'K',
      engine: 'scripted',
    });
    await moonlight.start();
    const port = Number(moonlight.address.split(':')[1]);
    const service = { kind: 'tcp', host: '127.0.0.1', port } as const;
    const link = { api: api.url, runnerId: `moonlight-${id}`, token: RUNNER_TOKEN, service, ...wire };
    return new StreamingHost(host, moonlight, link, await TestRunner.connect(link));
  }

  /** The agent dies, with all its sockets. */
  loseLink(): void {
    this.#runner.destroy();
  }

  /** Another one begins to connect. */
  async relink(): Promise<void> {
    this.#runner = await TestRunner.start(this.#link);
  }

  get streamCount(): number {
    return this.moonlight.status().sessions.length;
  }

  /** Asserts that nothing reached the host that would have harmed it. */
  async close(): Promise<void> {
    expect(this.moonlight.status().violations).toEqual([]);
    await this.#runner.close();
    await this.moonlight.close();
    await this.host.close();
  }
}
