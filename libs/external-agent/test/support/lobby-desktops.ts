import { runnerIdOf, type ConnectionManager } from '@helix/revdial';
import { ScriptedService, TestGateway, TestRunner } from '@helix/revdial/testing';
import type { LobbyLaunch, LobbyRunner, RunningRunner } from '@helix/sandbox-simulator';
import type { SessionId } from '../../src/index.js';
import type { RecordingTokens } from './recording-tokens.js';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

/** The containers of a simulated Wolf: each opens the link of its session, with the token in its environment. */
export class LobbyDesktops implements LobbyRunner {
  readonly #service = new ScriptedService();
  readonly #runners = new Set<TestRunner>();
  readonly #gateway: TestGateway;

  constructor(tokens: RecordingTokens) {
    this.#service.answers(200, 'image/jpeg', JPEG);
    this.#gateway = new TestGateway({
      graceMs: 300,
      authorizer: {
        authenticate: (token) =>
          Promise.resolve({
            name: 'desktop',
            mayOpen: ({ subject }) =>
              Promise.resolve(tokens.liveOf(subject as SessionId).includes(token) ? 'granted' : 'forbidden'),
          }),
      },
    });
  }

  get connections(): ConnectionManager {
    return this.#gateway.connections;
  }

  async open(): Promise<void> {
    await this.#gateway.start();
  }

  async start({ env }: LobbyLaunch): Promise<RunningRunner> {
    const valueOf = (name: string): string =>
      env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const runner = await TestRunner.start({
      api: this.#gateway.url,
      runnerId: runnerIdOf('sandbox', valueOf('HELIX_SESSION_ID')),
      token: valueOf('USER_API_TOKEN') || 'none',
      service: this.#service.handle,
    });
    this.#runners.add(runner);
    let end: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => {
      end = resolve;
    });
    return {
      exited,
      stop: () => {
        this.#runners.delete(runner);
        void runner.close().then(end);
        return exited;
      },
    };
  }

  async close(): Promise<void> {
    for (const runner of this.#runners) await runner.close();
    await this.#gateway.close();
  }
}
