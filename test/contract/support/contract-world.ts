import type { SessionId } from '@helix/external-agent';
import { ApiInProcess, RUNNER_TOKEN } from '../../../apps/api/test/support/api-in-process.js';
import { startDesktop } from '../../../apps/api/test/support/desktop.js';
import { MOONLIGHT_CREDENTIALS } from '../../../apps/api/test/support/scripted-moonlight.js';
import { SimulatedHost } from '../../../apps/api/test/support/simulated-host.js';
import { ScriptedService, type TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import { Caller } from './caller.js';
import { ContractRun } from './contract-run.js';
import type { Audience, RouteTable } from './route-contract.js';

export const HOST = 'gpu-1';
export const NO_SESSION = 'ses_01kata7wrce3cd5j3hg5ttvjw6';

/** The API with one simulated GPU host on a real link, and all who may call it. */
export class ContractWorld {
  readonly run: ContractRun;
  readonly #desktops = new Map<SessionId, TestRunner>();

  private constructor(
    readonly api: ApiInProcess,
    readonly host: SimulatedHost,
    readonly owner: Caller,
    readonly other: Caller,
    readonly admin: Caller,
    readonly runner: Caller,
    readonly stranger: Caller,
  ) {
    this.run = owner.run;
  }

  /** `reach` may lead the API to its database by another way, such as a relay that can be cut. */
  static async start(
    table: RouteTable,
    reach?: (databaseUrl: string) => string | Promise<string>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ContractWorld> {
    const settings = {
      RUNNER_GRACE_MS: '300',
      UPSTREAM_HEADERS_TIMEOUT_MS: '3000',
      DESKTOP_EXEC_ENABLED: 'true',
      MOONLIGHT_CREDENTIALS,
      ...more,
    };
    const api = await ApiInProcess.start(settings, reach);
    const host = await SimulatedHost.connect(api, HOST);
    const run = new ContractRun(table);
    const as = (key: string | undefined): Caller => new Caller(api.url, run, key);
    return new ContractWorld(
      api,
      host,
      as(await api.userKey('owner')),
      as(await api.userKey('other')),
      as(await api.userKey('root', true)),
      as(RUNNER_TOKEN),
      as(undefined),
    );
  }

  /** A session of the owner that runs on the host; its desktop holds no link yet. */
  async session(body: object = {}): Promise<SessionId> {
    const headers = { authorization: `Bearer ${this.owner.key ?? ''}`, 'content-type': 'application/json' };
    const url = `${this.api.url}/api/v1/external-agents`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { readonly session_id: SessionId }).session_id;
  }

  /** The service of a session's desktop, behind a link of its own, with the token that its lobby got. */
  async desktop(sessionId: SessionId): Promise<ScriptedService> {
    const lobby = this.host.wolf.lobbies.find(({ env }) => env.includes(`HELIX_SESSION_ID=${sessionId}`));
    const token = lobby?.env.find((entry) => entry.startsWith('USER_API_TOKEN='))?.slice('USER_API_TOKEN='.length);
    if (token === undefined) throw new Error('the host has no desktop of this session');
    const service = new ScriptedService();
    this.#desktops.set(sessionId, await startDesktop(this.api.url, sessionId, token, { service: service.handle }));
    await eventually(async () => {
      const headers = { authorization: `Bearer ${this.owner.key ?? ''}` };
      const answer = await fetch(`${this.api.url}/api/v1/external-agents/${sessionId}`, { headers });
      expect(await answer.json()).toMatchObject({ desktop_connected: true });
    });
    return service;
  }

  /** The desktop's container is gone, with its link. */
  async stopDesktop(sessionId: SessionId): Promise<void> {
    await this.#desktops.get(sessionId)?.close();
  }

  /** The host says how many desktops it takes. */
  async setSlots(count: number): Promise<void> {
    const answer = await fetch(`${this.api.url}/api/v1/wolf-instances/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${RUNNER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id: HOST, name: HOST, address: '127.0.0.1', max_sandboxes: count }),
    });
    expect(answer.status).toBe(200);
  }

  /** Calls every route as those whom its audience leaves out. Nothing is done by it. */
  async refuseStrangers(sessionId: string = NO_SESSION): Promise<void> {
    for (const [route, { audience }] of Object.entries(this.run.table)) {
      const hasBody = /^(?:POST|PUT|PATCH) /.test(route);
      const question = { id: sessionId, shareId: 'shr_1', viewerId: 'v', ...(hasBody && { body: '{}' }) };
      for (const [caller, status] of this.#strangersTo(audience)) {
        const answer = await caller.ask(route, question);
        expect([route, answer.status]).toEqual([route, status]);
      }
      if (!audience.startsWith('session ')) continue;
      for (const id of [NO_SESSION, 'x', '../sessions']) {
        const answer = await this.owner.ask(route, { ...question, id });
        expect([route, id, answer.status, answer.body['code']]).toEqual([route, id, 404, 'SESSION_NOT_FOUND']);
      }
    }
  }

  async close(): Promise<void> {
    for (const desktop of this.#desktops.values()) await desktop.close();
    await this.host.close();
    await this.api.close();
  }

  #strangersTo(audience: Audience): readonly (readonly [Caller, number])[] {
    const unknown = [this.stranger, 401] as const;
    switch (audience) {
      case 'public':
        return [];
      case 'user':
        return [unknown, [this.runner, 403]];
      case 'session owner':
      case 'session viewer':
      case 'session controller':
        return [unknown, [this.runner, 403], [this.other, 403]];
      case 'admin':
        return [unknown, [this.runner, 403], [this.owner, 403]];
      case 'host':
        return [unknown, [this.owner, 403]];
      default:
        return audience satisfies never;
    }
  }
}
