import type { Logger } from 'pino';

import type { ScreenshotFaultMode } from '../desktop/screenshot-fault.js';
import type { MoonlightDialect } from '../moonlight/stream-messages.js';
import type { MoonlightEngine } from '../moonlight/simulated-moonlight-web.js';
import type { WolfEra } from '../wolf/wolf-era.js';
import type { WolfFaults } from '../wolf/wolf-faults.js';
import type { HeartbeatDialect, HostDescription } from './heartbeat.js';

export interface GpuHostOptions {
  /** Without it the host stands alone: no agent, no heartbeat. */
  readonly apiUrl?: string;
  readonly runnerToken?: string;
  /** `local` when not given, as on hosts that were never named (helix-rest §6.1). */
  readonly instanceId?: string;
  readonly description?: Partial<HostDescription>;
  readonly era?: WolfEra;
  /** In a new temporary folder when not given. */
  readonly socketPath?: string;
  /** `none`: lobbies run without desktops. */
  readonly desktops?: 'process' | 'none';
  /** The agent's program; that of this repository when not given. */
  readonly agentPath?: string;
  /** What the host's agent is told to speak; `auto` when not given. */
  readonly transport?: string;
  readonly agentRestartMs?: number;
  /** What listens behind the tunnel `moonlight-<id>`, as `host:port`; without it there is no such tunnel. */
  readonly moonlightAddress?: string;
  /**
   * The engine of a Moonlight Web that the host brings itself when it has an API and no `moonlightAddress`; `webrtc` when
   * not given. There is none without credentials.
   */
  readonly moonlight?: MoonlightEngine | 'none';
  readonly moonlightDialect?: MoonlightDialect;
  readonly moonlightCredentials?: string;
  readonly heartbeatDialect?: HeartbeatDialect;
  readonly heartbeatIntervalMs?: number;
  /** False: agents connect to the API directly, and their links cannot be cut. */
  readonly relay?: boolean;
  readonly wolfFaults?: Partial<WolfFaults>;
  readonly desktopFault?: ScreenshotFaultMode;
  /** 40 when not given. */
  readonly diskUsedPercent?: number;
  readonly desktopBootDelayMs?: number;
  /** Silent when not given. */
  readonly logger?: Logger;
}

export interface GpuHostStatus {
  readonly instanceId: string;
  readonly wolfSocket: string;
  readonly agentPid: number | null;
  /** How often the agent was started. */
  readonly agentStartCount: number;
  readonly heartbeatsAcceptedCount: number;
  /** Connections of agents through the relays. */
  readonly linkConnectionCount: number;
}

export interface WolfStatus {
  /** False after a crash, and once exceptions have ended Wolf's API thread. */
  readonly isServing: boolean;
  readonly era: WolfEra;
  readonly lobbyCount: number;
  readonly sessionCount: number;
  /** The counts are over all lives of this Wolf. */
  readonly requestCount: number;
  /** Must stay 0: each one is a request that would have harmed a real Wolf (wolf-api §2.3). */
  readonly uncaughtExceptionCount: number;
  /** Must stay 0: ids such as `12abc`, which Wolf takes as 12. */
  readonly suspectIdCount: number;
  readonly faults: WolfFaults;
}
