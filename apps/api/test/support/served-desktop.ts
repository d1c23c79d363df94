import type { RequestListener } from 'node:http';
import { RunnerPresence } from '@helix/revdial';
import { ScriptedService, type TestRunner } from '@helix/revdial/testing';
import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../../test/support/rest-client.js';
import { ApiInProcess } from './api-in-process.js';
import { startDesktop } from './desktop.js';

/** An API with one running session whose desktop holds its link, and whose service answers as a test wants it to. */
export class ServedDesktop {
  readonly #service: ScriptedService;
  readonly #runner: TestRunner;
  /** The session's path. */
  readonly base: string;

  private constructor(
    readonly api: ApiInProcess,
    readonly owner: RestClient,
    readonly id: SessionId,
    service: ScriptedService,
    runner: TestRunner,
  ) {
    this.base = `/api/v1/external-agents/${id}`;
    this.#service = service;
    this.#runner = runner;
  }

  static async start(): Promise<ServedDesktop> {
    const api = await ApiInProcess.start({ DESKTOP_EXEC_ENABLED: 'true' });
    const owner = api.as(await api.userKey('owner'));
    const id = await api.runningSession('owner');
    const service = new ScriptedService({ readsBodies: false });
    const runner = await startDesktop(api.url, id, await api.sessionToken(id, 'owner'), { service: service.handle });
    const desktop = new ServedDesktop(api, owner, id, service, runner);
    await eventually(async () => {
      expect((await owner.get(desktop.base)).body['desktop_connected']).toBe(true);
    });
    return desktop;
  }

  /** What the service was asked, as `GET /logs`. */
  get asked(): readonly string[] {
    return this.#service.asked.map(({ what }) => what);
  }

  forgetAsked(): void {
    this.#service.asked.length = 0;
  }

  set answer(answer: RequestListener) {
    this.#service.answer = answer;
  }

  get openStreamCount(): number {
    return this.api.api.app.get(RunnerPresence).totals().openStreamCount;
  }

  /** A session of the same owner that is stopped. */
  async stoppedSession(): Promise<SessionId> {
    const id = await this.api.runningSession('owner');
    await this.api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [id]);
    return id;
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.api.close();
  }
}
