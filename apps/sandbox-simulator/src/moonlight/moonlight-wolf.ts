import type { MouseMessage } from './mouse-message.js';
import type { MoonlightApp } from './server-message.js';

export interface WolfLaunch {
  readonly clientId: string;
  readonly clientUniqueId: string;
  readonly appId: number;
  readonly width: number;
  readonly height: number;
  readonly refreshRate: number;
}

/** The Wolf that a Moonlight Web streams from, as Moonlight's own protocol sees it. */
export interface MoonlightWolf {
  /** Undefined when Wolf is not there. */
  apps(): readonly MoonlightApp[] | undefined;
  /** Launches or, for a client that streams already, resumes. False when Wolf is not there. */
  launch(launch: WolfLaunch): boolean;
  /** The client lives. False when Wolf has ended its session. */
  contact(clientId: string): boolean;
  end(clientId: string): Promise<void>;
  /** What the client does with its mouse. */
  mouse(clientId: string, message: MouseMessage): void;
  /** The name of the lobby that the session watches, if any. */
  lobbyNameOf(clientId: string): string | undefined;
}
