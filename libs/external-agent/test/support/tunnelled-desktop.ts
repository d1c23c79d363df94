import type { RequestListener } from 'node:http';
import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { ScriptedService, TestGateway, TestRunner } from '@helix/revdial/testing';

import {
  createSessionId,
  SessionDirectory,
  SessionEntity,
  type SessionId,
  type SessionState,
} from '../../src/index.js';

/** A desktop's own service, answering as a test wants it to, behind both real ends of a tunnel. */
export class TunnelledDesktop {
  readonly sessionId = createSessionId();
  readonly http: RunnerHttpPool;
  readonly directory: SessionDirectory;
  readonly #gateway = new TestGateway({ graceMs: 300 });
  readonly #service = new ScriptedService({ readsBodies: false });
  readonly #sessions = new Map<SessionId, SessionEntity>();
  #runner: TestRunner | undefined;

  constructor() {
    this.http = new RunnerHttpPool(this.#gateway.connections, { headersTimeoutMs: 1_000 });
    this.directory = new SessionDirectory({ find: (id) => Promise.resolve(this.#sessions.get(id) ?? null) });
    this.addSession('running', this.sessionId);
  }

  set answer(answer: RequestListener) {
    this.#service.answer = answer;
  }

  /** What was asked for, as `POST /exec`. */
  get requests(): readonly string[] {
    return this.#service.asked.map(({ what }) => what);
  }

  forgetRequests(): void {
    this.#service.asked.length = 0;
  }

  addSession(state: SessionState, id: SessionId = createSessionId()): SessionId {
    this.#sessions.set(
      id,
      Object.assign(new SessionEntity(), { id, ownerId: 'usr_ann', state, version: 1, deletedAt: null }),
    );
    return id;
  }

  async start(): Promise<void> {
    await this.#gateway.start();
    this.#runner = await TestRunner.connect({
      api: this.#gateway.url,
      runnerId: runnerIdOf('sandbox', this.sessionId),
      token: 'session-token',
      service: this.#service.handle,
    });
  }

  get openStreamCount(): number {
    return this.#gateway.connections.totals().openStreamCount;
  }

  /** The service is gone at once, as when its container is killed. */
  cutService(): void {
    this.#runner?.cutService();
  }

  async close(): Promise<void> {
    this.http.destroy();
    await this.#runner?.close();
    await this.#gateway.close();
  }
}
