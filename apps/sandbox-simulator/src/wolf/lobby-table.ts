import type { ClientSettings } from './client-settings.js';
import type { Printable } from './json.js';
import type { RunningRunner } from './lobby-runner.js';
import { type RunnerDescription, printRunner } from './runner-description.js';

export type Pin = readonly number[];

export interface VideoSettings {
  readonly width: number;
  readonly height: number;
  readonly refresh_rate: number;
  readonly wayland_render_node: string;
  readonly runner_render_node: string;
  readonly video_producer_buffer_caps: string;
  readonly video_source_mode: string | undefined;
}

/** A lobby as Wolf holds it, in memory only (wolf-api §4.1). */
export interface Lobby {
  readonly id: string;
  readonly profileId: string;
  readonly name: string;
  readonly iconPngPath: string | undefined;
  readonly multiUser: boolean;
  readonly stopWhenEveryoneLeaves: boolean;
  readonly pin: Pin | undefined;
  readonly video: VideoSettings;
  readonly audioChannelCount: number;
  readonly clientSettings: ClientSettings;
  readonly runnerStateFolder: string;
  readonly runner: RunnerDescription;
  readonly connectedSessionIds: string[];
  readonly pointer: LobbyPointer;
  /** Absent until the container runs. */
  running: RunningRunner | undefined;
  state: 'standing' | 'stopping' | 'gone';
}

/** Lobbies in the order of their creation. */
export class LobbyTable {
  readonly #lobbies = new Map<string, Lobby>();

  add(lobby: Lobby): void {
    this.#lobbies.set(lobby.id, lobby);
  }

  find(id: string): Lobby | undefined {
    return this.#lobbies.get(id);
  }

  list(): readonly Lobby[] {
    return [...this.#lobbies.values()];
  }

  /** The first lobby that the session watches. */
  findBySession(sessionId: string): Lobby | undefined {
    return this.list().find((lobby) => lobby.connectedSessionIds.includes(sessionId));
  }

  remove(lobby: Lobby): void {
    this.#lobbies.delete(lobby.id);
  }
}

/** Equality of optional arrays: both absent, or the same digits (wolf-api §3.5). */
export function samePin(one: Pin | undefined, other: Pin | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((digit, index) => digit === other[index]);
}

/** As the list shows it: without the PIN, with the environment in clear. */
export function printLobby(lobby: Lobby): Printable {
  return {
    id: lobby.id,
    name: lobby.name,
    icon_png_path: lobby.iconPngPath,
    multi_user: lobby.multiUser,
    started_by_profile_id: lobby.profileId,
    pin_required: lobby.pin !== undefined,
    stop_when_everyone_leaves: lobby.stopWhenEveryoneLeaves,
    runner: printRunner(lobby.runner),
    connected_sessions: lobby.connectedSessionIds,
  };
}

/** A place on a desktop, in its own pixels. */
export interface DesktopPlace {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const CLICKS_COUNT = 64;

/**
 * The mouse of a lobby's desktop, as wrong as Wolf's: a viewer's place is scaled by the size requested for its stream, and the
 * pixels that come out are taken as they are by the lobby's compositor, which knows its own size alone.
 */
export class LobbyPointer {
  #place: DesktopPlace = { x: 0, y: 0 };
  readonly #clicks: DesktopPlace[] = [];

  get place(): DesktopPlace {
    return this.#place;
  }

  /** Where a button was pressed, the last ones, oldest first. */
  get clicks(): readonly DesktopPlace[] {
    return [...this.#clicks];
  }

  /** `x` and `y` are shares of the picture, from 0 to 1. */
  move({ x, y }: DesktopPlace, asked: Size, desktop: Size): void {
    this.#place = { x: pixel(x * asked.width, desktop.width), y: pixel(y * asked.height, desktop.height) };
  }

  press(): void {
    this.#clicks.push(this.#place);
    if (this.#clicks.length > CLICKS_COUNT) this.#clicks.shift();
  }
}

/** The compositor keeps the pointer on its output. */
function pixel(at: number, size: number): number {
  return Math.max(0, Math.min(size - 1, Math.floor(at)));
}
