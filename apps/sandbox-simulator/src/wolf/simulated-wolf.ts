import type { WolfAppEntry } from './app-catalog.js';
import type { EventHub } from './event-hub.js';
import type { DesktopPlace, Lobby, VideoSettings } from './lobby-table.js';
import type { RunningRunner } from './lobby-runner.js';
import type { RunnerDescription } from './runner-description.js';
import { type WolfCore, endSession } from './wolf-core.js';
import { launchedSession, printSession, type MoonlightLaunch } from './session-table.js';
import type { WolfEra } from './wolf-era.js';
import { noFaults, type WolfFaults } from './wolf-faults.js';
import { type SimulatedWolfOptions, type WolfCounters, WolfProcess } from './wolf-process.js';

/** A lobby as the simulator's owner sees it. */
export interface SimulatedLobby {
  readonly id: string;
  readonly name: string;
  /** As configured in the request; values are secrets. */
  readonly env: readonly string[];
  readonly connectedSessionIds: readonly string[];
  /** As Wolf prints it again. */
  readonly runner: RunnerDescription;
  readonly runnerStateFolder: string;
  readonly video: VideoSettings;
  /** Where its mouse is. */
  readonly pointer: DesktopPlace;
  /** Where a button was pressed. */
  readonly clicks: readonly DesktopPlace[];
}

/**
 * Wolf's API on a Unix socket without Wolf (wolf-api §7): its HTTP, its parser, its state, its order of events and its
 * ways to fail. `faults` may be changed at any time and survive a restart.
 */
export class SimulatedWolf {
  readonly faults: WolfFaults;
  readonly socketPath: string;
  readonly #options: SimulatedWolfOptions;
  readonly #counters: WolfCounters = {
    uncaughtExceptionCount: 0,
    suspectIdCount: 0,
    requestCount: 0,
    requestCounts: new Map(),
  };
  /** Containers of lives that are over. They run on, as in life, until this object is closed. */
  readonly #orphans = new Set<RunningRunner>();
  #process: WolfProcess | undefined;

  constructor(options: SimulatedWolfOptions) {
    this.#options = options;
    this.socketPath = options.socketPath;
    this.faults = { ...noFaults(), ...options.faults };
  }

  get era(): WolfEra {
    return this.#options.era ?? 'jan26';
  }

  get isServing(): boolean {
    return this.state === 'serving';
  }

  /** `thread-ended`: by an uncaught exception. `stopped`: by the owner of this object. */
  get state(): 'serving' | 'thread-ended' | 'stopped' {
    if (this.#process === undefined) return 'stopped';
    return this.#process.isServing ? 'serving' : 'thread-ended';
  }

  /** Over all lives. A client without faults leaves it at 0. */
  get uncaughtExceptionCount(): number {
    return this.#counters.uncaughtExceptionCount;
  }

  /** Ids such as `12abc`, which Wolf takes as 12. A client without faults leaves it at 0. */
  get suspectIdCount(): number {
    return this.#counters.suspectIdCount;
  }

  get requestCount(): number {
    return this.#counters.requestCount;
  }

  /** Requests to this path, such as `/api/v1/system/health`, over all lives. */
  requestCountOf(path: string): number {
    return this.#counters.requestCounts.get(path) ?? 0;
  }

  get lobbyCount(): number {
    return this.lobbies.length;
  }

  get sessionCount(): number {
    return this.sessionIds.length;
  }

  /** Open connections, event streams included. */
  get connectionCount(): number {
    return this.#process?.connectionCount ?? 0;
  }

  get listenerCount(): number {
    return this.#process?.core.events.listenerCount ?? 0;
  }

  get lobbies(): readonly SimulatedLobby[] {
    return this.#process?.core.lobbies.list().map(describeLobby) ?? [];
  }

  /** What a Moonlight client finds in Wolf's list. */
  get apps(): readonly WolfAppEntry[] {
    return this.#process?.core.apps ?? [];
  }

  get sessionIds(): readonly string[] {
    return this.#process?.core.sessions.list().map((session) => session.clientId) ?? [];
  }

  /** Resolves when the socket accepts. @throws when it is started already, or the system refuses the path */
  async start(): Promise<void> {
    if (this.isServing) throw new Error('this Wolf is running');
    const process = new WolfProcess(this.#options, this.faults, this.#counters);
    try {
      await process.listen();
    } catch (error) {
      await process.end();
      throw error;
    }
    await this.#keepOrphans();
    this.#process = process;
  }

  /** The process dies: connections cut, socket file left behind (ECONNREFUSED), containers running on. */
  async crash(): Promise<void> {
    await this.#keepOrphans();
  }

  /** A new process with empty state, at the same path in a new inode. */
  async restart(): Promise<void> {
    await this.crash();
    await this.start();
  }

  /** The API thread hangs for this long from now, or from when it is free: nothing is answered, all is answered late. */
  freezeFor(ms: number): void {
    void this.#process?.freeze(ms);
  }

  /** Stops the containers, also those of earlier lives, and removes the socket. Idempotent. */
  async close(): Promise<void> {
    const process = this.#process;
    await this.#keepOrphans();
    await process?.removeSocketFile();
    await Promise.all([...this.#orphans].map((orphan) => orphan.stop().catch(() => undefined)));
    this.#orphans.clear();
  }

  /** A Moonlight client launches an app: the session stands, and joins the lobby that was configured for it, if any. */
  launchSession(launch: MoonlightLaunch): void {
    const core = this.#core();
    const immediateLobbyId = core.immediateLobbies.get(launch.clientUniqueId ?? '');
    core.immediateLobbies.delete(launch.clientUniqueId ?? '');
    const session = { ...launchedSession(launch, core.apps[0]?.id ?? '', core.now()), immediateLobbyId };
    core.sessions.add(session);
    core.events.broadcast('StreamSession', printSession(session, core.era, core.now()));
    const lobby = immediateLobbyId === undefined ? undefined : core.lobbies.find(immediateLobbyId);
    if (lobby !== undefined) core.life.join(lobby.id, session.clientId, lobby.pin);
  }

  /** The client of this session cancels its stream. */
  async endSession(sessionId: string): Promise<void> {
    const core = this.#core();
    const session = core.sessions.find(sessionId);
    if (session !== undefined) await endSession(core, session);
  }

  /** The client of this session sent a packet: its idle time starts again at 0. */
  receiveControlPacket(sessionId: string): void {
    const core = this.#core();
    const session = core.sessions.find(sessionId);
    if (session !== undefined) session.lastControlPacketAt = core.now();
  }

  /** The client of this session points there, both shares of its picture. Before it has joined a lobby, nothing comes of it. */
  pointAt(sessionId: string, place: DesktopPlace): void {
    const core = this.#core();
    const session = core.sessions.find(sessionId);
    const lobby = core.lobbies.findBySession(sessionId);
    if (session !== undefined && lobby !== undefined) lobby.pointer.move(place, session, lobby.video);
  }

  /** The client of this session presses a button of its mouse. */
  pressButton(sessionId: string): void {
    this.#core().lobbies.findBySession(sessionId)?.pointer.press();
  }

  /** A Moonlight client wants to pair; resolves its secret. */
  askToPair(clientIp: string): string {
    const core = this.#core();
    core.events.broadcast('PairSignal', { client_ip: clientIp, host_ip: '127.0.0.1' });
    return core.pairing.ask(clientIp);
  }

  /** The PIN that was handed over for the client, if any. */
  answeredPin(clientIp: string): string | undefined {
    return this.#core().pairing.answeredPin(clientIp);
  }

  /** The session holds these keys down (Windows key codes) until it is reset. */
  pressKeys(sessionId: string, keys: readonly number[]): void {
    this.#core().keys.press(sessionId, keys);
  }

  /** Cuts every event stream. */
  cutEvents(): void {
    this.#process?.core.events.cut();
  }

  /** Fires an event of the caller's making, as a handler would. */
  broadcast(...event: Parameters<EventHub['broadcast']>): void {
    this.#core().events.broadcast(...event);
  }

  #core(): WolfCore {
    if (this.#process === undefined) throw new Error('this Wolf is not running');
    return this.#process.core;
  }

  async #keepOrphans(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    for (const orphan of (await process?.end()) ?? []) {
      this.#orphans.add(orphan);
      void orphan.exited.then(() => this.#orphans.delete(orphan));
    }
  }
}

function describeLobby(lobby: Lobby): SimulatedLobby {
  return {
    id: lobby.id,
    name: lobby.name,
    env: lobby.runner.type === 'docker' ? lobby.runner.env : [],
    connectedSessionIds: [...lobby.connectedSessionIds],
    runner: lobby.runner,
    runnerStateFolder: lobby.runnerStateFolder,
    video: lobby.video,
    pointer: lobby.pointer.place,
    clicks: lobby.pointer.clicks,
  };
}
