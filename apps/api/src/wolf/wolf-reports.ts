import { Injectable } from '@nestjs/common';
import {
  WolfClientFactory,
  type WolfApp,
  type WolfClient,
  type WolfHealthReport,
  type WolfKeyboardState,
  type WolfLobby,
  type WolfMemoryReport,
  type WolfSession,
} from '@helix/wolf-client';
import { API_LIMITS } from '../limits.js';
import { SharedAnswers } from './shared-answers.js';

/**
 * What views ask of Wolf, over and over. Wolf is one thread, which also starts and stops desktops, so however many look, it
 * is asked each question once in a while only. For looking: what is to be changed is asked for afresh.
 */
@Injectable()
export class WolfReports {
  readonly health: SharedAnswers<WolfHealthReport>;
  readonly memory: SharedAnswers<WolfMemoryReport>;
  readonly keyboards: SharedAnswers<readonly WolfKeyboardState[]>;
  readonly sessions: SharedAnswers<readonly WolfSession[]>;
  readonly lobbies: SharedAnswers<readonly WolfLobby[]>;
  readonly apps: SharedAnswers<readonly WolfApp[]>;

  constructor(clients: WolfClientFactory) {
    const shared = <T>(
      freshMs: number,
      ask: (client: WolfClient, options: { readonly signal: AbortSignal; readonly timeoutMs: number }) => Promise<T>,
    ): SharedAnswers<T> =>
      new SharedAnswers(freshMs, async (wolfInstanceId, signal) =>
        ask(clients.for(wolfInstanceId), { signal, timeoutMs: API_LIMITS.wolfAnswerTimeoutMs }),
      );
    this.health = shared(API_LIMITS.wolfHealthFreshMs, (client, options) => client.healthReport(options));
    this.memory = shared(API_LIMITS.wolfMemoryFreshMs, (client, options) => client.memoryReport(options));
    this.keyboards = shared(API_LIMITS.wolfKeyboardFreshMs, (client, options) => client.keyboardState(options));
    this.sessions = shared(API_LIMITS.wolfListsFreshMs, (client, options) => client.listSessions(options));
    this.lobbies = shared(API_LIMITS.wolfListsFreshMs, (client, options) => client.listLobbies(options));
    this.apps = shared(API_LIMITS.wolfListsFreshMs, (client, options) => client.listApps(options));
  }

  /** Something was stopped on this host. */
  forgetLists(wolfInstanceId: string): void {
    this.lobbies.forget(wolfInstanceId);
    this.sessions.forget(wolfInstanceId);
    this.memory.forget(wolfInstanceId);
  }
}
