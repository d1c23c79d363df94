import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestRunner, type TestRunnerOptions } from '@helix/revdial/testing';
import { SimulatedWolf, type SimulatedWolfOptions } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { RUNNER_TOKEN, type ApiInProcess } from './api-in-process.js';

/** How a link is carried; as the agent does it unless given. */
export type WireOptions = Pick<TestRunnerOptions, 'generation' | 'carrier'>;

export interface SimulatedHostOptions {
  readonly wolf?: Partial<SimulatedWolfOptions>;
  /** By what way the link goes, such as a relay; straight to the API unless given. */
  readonly url?: string;
  readonly wire?: WireOptions;
}

/** A registered host whose simulated Wolf the API reaches by a real link. */
export class SimulatedHost {
  private constructor(
    readonly id: string,
    readonly wolf: SimulatedWolf,
    private readonly runner: TestRunner,
    private readonly folder: string,
  ) {}

  static async connect(
    api: ApiInProcess,
    id: string,
    { wolf: options, url = api.url, wire }: SimulatedHostOptions = {},
  ): Promise<SimulatedHost> {
    const folder = await mkdtemp(path.join(tmpdir(), 'wolf-'));
    const wolf = new SimulatedWolf({ socketPath: path.join(folder, 'wolf.sock'), ...options });
    await wolf.start();
    const service = { kind: 'unix', path: wolf.socketPath } as const;
    const runner = await TestRunner.start({ api: url, runnerId: `wolf-${id}`, token: RUNNER_TOKEN, service, ...wire });
    // A link alone is not enough: until its Wolf has answered once, a host is the last choice of placement.
    await eventually(async () => {
      const rows: unknown[] = await api.dataSource.query(
        `SELECT 1 FROM wolf_instances WHERE id = $1 AND link_connected AND link_answering`,
        [id],
      );
      expect(rows).toHaveLength(1);
    });
    return new SimulatedHost(id, wolf, runner, folder);
  }

  /** The token that the session's desktop was given. */
  desktopToken(sessionId: string): string {
    const env = this.wolf.lobbies.find((lobby) => lobby.env.includes(`HELIX_SESSION_ID=${sessionId}`))?.env ?? [];
    const token = env.find((entry) => entry.startsWith('USER_API_TOKEN='))?.slice('USER_API_TOKEN='.length);
    if (token === undefined) throw new Error(`no desktop of ${sessionId} runs here`);
    return token;
  }

  /** Asserts that Wolf was not harmed. */
  async close(): Promise<void> {
    expect(this.wolf.uncaughtExceptionCount + this.wolf.suspectIdCount).toBe(0);
    await this.runner.close();
    await this.wolf.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
