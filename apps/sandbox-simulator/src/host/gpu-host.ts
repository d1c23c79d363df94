import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Logger, pino } from 'pino';

import { AGENT_RESTART_MS, GPU_MEMORY_MB, GPU_MEMORY_PER_SLOT_MB, HEARTBEAT_INTERVAL_MS } from '../limits.js';
import type { MoonlightFaultPatch } from '../moonlight/moonlight-faults.js';
import { SimulatedMoonlightWeb } from '../moonlight/simulated-moonlight-web.js';
import { SimulatedWolfSide } from '../moonlight/moonlight-wolf.js';
import { IdleLobbyRunner } from '../wolf/lobby-runner.js';
import { SimulatedWolf } from '../wolf/simulated-wolf.js';
import type { WolfFaults } from '../wolf/wolf-faults.js';
import { GPU_IDLE_MEMORY_MB } from '../wolf/wolf-limits.js';
import { DesktopLauncher, type DesktopStatus } from './desktop-launcher.js';
import type { FaultPatch } from './fault-patch.js';
import type { GpuHostOptions, GpuHostStatus, WolfStatus } from './gpu-host-options.js';
import { Heartbeat, type HostDescription } from './heartbeat.js';
import { HostAgent } from './host-agent.js';
import { type AgentRoute, LinkRelays } from './link-relays.js';

const AGENT_PATH = fileURLToPath(new URL('../../../revdial-agent/dist/main.js', import.meta.url));

const DESCRIPTION: HostDescription = {
  gpuVendor: 'nvidia',
  gpuType: 'simulated',
  renderNode: '/dev/dri/renderD128',
  maxSandboxes: 10,
  swayVersion: 'simulated',
  gpuMemoryMb: GPU_MEMORY_MB,
};

/**
 * One GPU host: Wolf on its socket, the host's agent, heartbeats, and a desktop with its own agent for each lobby.
 * `start` brings the agent up before Wolf listens, as hosts do (helix-rest §6.3); `close` leaves nothing behind.
 */
export class SimulatedGpuHost {
  readonly instanceId: string;
  readonly #options: GpuHostOptions;
  readonly #logger: Logger;
  readonly #relays = new LinkRelays();
  readonly #launcher: DesktopLauncher;
  #folder: string | undefined;
  #wolf: SimulatedWolf | undefined;
  #moonlight: SimulatedMoonlightWeb | undefined;
  #agent: HostAgent | undefined;
  #heartbeat: Heartbeat | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GpuHostOptions) {
    this.#options = options;
    this.instanceId = options.instanceId ?? 'local';
    this.#logger = (options.logger ?? pino({ level: 'silent' })).child({ instanceId: this.instanceId });
    this.#launcher = new DesktopLauncher({
      agentPath: options.agentPath ?? AGENT_PATH,
      routeTo: (apiUrl) => this.#routeTo(apiUrl),
      logger: this.#logger,
      ...(options.desktopFault !== undefined && { fault: options.desktopFault }),
      ...(options.desktopBootDelayMs !== undefined && { bootDelayMs: options.desktopBootDelayMs }),
    });
  }

  /** The simulated Wolf, once started. */
  get wolf(): SimulatedWolf {
    if (this.#wolf === undefined) throw new Error('the host was not started');
    return this.#wolf;
  }

  /** The simulated Moonlight Web, if this host has one. */
  get moonlight(): SimulatedMoonlightWeb | undefined {
    return this.#moonlight;
  }

  get wolfSocket(): string {
    return this.wolf.socketPath;
  }

  /** Resolves when Wolf serves and the agent was started; not yet connected, perhaps. */
  async start(): Promise<void> {
    const { apiUrl, era, desktops } = this.#options;
    const socketPath = this.#options.socketPath ?? (await this.#newSocketPath());
    this.#wolf = new SimulatedWolf({
      socketPath,
      runner: desktops === 'none' ? new IdleLobbyRunner() : this.#launcher,
      ...(era !== undefined && { era }),
      faults: this.#wolfFaults(),
    });
    this.#moonlight = this.#newMoonlight(this.#wolf);
    await this.#moonlight?.start();
    if (apiUrl !== undefined) await this.#connect(apiUrl, socketPath);
    await this.#wolf.start();
  }

  get #description(): HostDescription {
    return { ...DESCRIPTION, ...this.#options.description };
  }

  /** Its card has room for all of its slots, unless it is told otherwise. */
  #wolfFaults(): Partial<WolfFaults> {
    const { gpuVendor, maxSandboxes } = this.#description;
    const neededMb = GPU_IDLE_MEMORY_MB + maxSandboxes * GPU_MEMORY_PER_SLOT_MB;
    return {
      gpuStats: gpuVendor === 'amd' ? 'amd' : 'normal',
      videoMemoryTotalMb: Math.max(GPU_MEMORY_MB, neededMb),
      ...this.#options.wolfFaults,
    };
  }

  desktops(): readonly DesktopStatus[] {
    return this.#launcher.list();
  }

  async status(): Promise<GpuHostStatus> {
    return {
      instanceId: this.instanceId,
      wolfSocket: this.wolfSocket,
      agentPid: this.#agent?.pid ?? null,
      agentStartCount: this.#agent?.startCount ?? 0,
      heartbeatsAcceptedCount: this.#heartbeat?.acceptedCount ?? 0,
      linkConnectionCount: await this.#relays.connectionCount,
    };
  }

  wolfStatus(): WolfStatus {
    const wolf = this.wolf;
    return {
      isServing: wolf.isServing,
      era: wolf.era,
      lobbyCount: wolf.lobbies.length,
      sessionCount: wolf.sessionIds.length,
      requestCount: wolf.requestCount,
      uncaughtExceptionCount: wolf.uncaughtExceptionCount,
      suspectIdCount: wolf.suspectIdCount,
      faults: wolf.faults,
    };
  }

  async applyFaults(patch: FaultPatch): Promise<void> {
    Object.assign(this.wolf.faults, patch.wolf);
    if (patch.desktopFault !== undefined) this.#launcher.setFault(patch.desktopFault);
    if (patch.linkState !== undefined) await this.#relays.setState(patch.linkState);
    if (patch.linkDelayMs !== undefined) await this.#relays.setDelay(patch.linkDelayMs);
    if (patch.diskUsedPercent !== undefined) this.#heartbeat?.setDiskUsedPercent(patch.diskUsedPercent ?? undefined);
    if (patch.wolfFreezeMs !== undefined) this.wolf.freezeFor(patch.wolfFreezeMs);
    if (patch.wolfCutEvents) this.wolf.cutEvents();
    if (patch.wolfCrash) await this.wolf.crash();
    if (patch.wolfRestart) await this.wolf.restart();
    if (patch.moonlight !== undefined) await this.#applyMoonlightFaults(patch.moonlight);
  }

  /** Kills the host's agent; it comes back after `restartMs`. False when it is not running. */
  killAgent(restartMs?: number): boolean {
    return this.#agent?.kill(restartMs) ?? false;
  }

  /** Breaks every connection of every agent of this host; returns how many there were. */
  cutLinks(): Promise<number> {
    return this.#relays.cut();
  }

  /** Ends everything that was started. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#heartbeat?.close();
    await this.#moonlight?.close();
    await Promise.all([this.#agent?.close(), this.#wolf?.close(), this.#launcher.close()]);
    await this.#relays.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #connect(apiUrl: string, socketPath: string): Promise<void> {
    const { agentPath, runnerToken = '', agentRestartMs, heartbeatDialect, diskUsedPercent } = this.#options;
    const moonlightAddress = this.#options.moonlightAddress ?? this.#moonlight?.address;
    const tunnels = [`wolf-${this.instanceId}=unix://${socketPath}`];
    if (moonlightAddress !== undefined) tunnels.push(`moonlight-${this.instanceId}=${moonlightAddress}`);
    const heartbeat = new Heartbeat({
      apiUrl,
      instanceId: this.instanceId,
      runnerToken,
      dialect: heartbeatDialect ?? 'wolf-instances',
      intervalMs: this.#options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
      host: { ...this.#description, gpuMemoryMb: this.wolf.faults.videoMemoryTotalMb },
      logger: this.#logger,
    });
    this.#heartbeat = heartbeat;
    if (diskUsedPercent !== undefined) heartbeat.setDiskUsedPercent(diskUsedPercent);
    this.#agent = new HostAgent({
      agentPath: agentPath ?? AGENT_PATH,
      route: await this.#routeTo(apiUrl),
      tunnels,
      transport: this.#options.transport,
      runnerToken,
      restartMs: agentRestartMs ?? AGENT_RESTART_MS,
      logger: this.#logger,
      onConnected: () => {
        this.#logger.info('host connected');
        heartbeat.beat();
      },
    });
    this.#agent.start();
    heartbeat.beat();
  }

  #newMoonlight(wolf: SimulatedWolf): SimulatedMoonlightWeb | undefined {
    const { apiUrl, moonlightAddress, moonlight = 'webrtc', moonlightDialect, moonlightCredentials } = this.#options;
    if (apiUrl === undefined || moonlightAddress !== undefined || moonlight === 'none') return undefined;
    if (moonlightCredentials === undefined) return undefined;
    return new SimulatedMoonlightWeb({
      credentials: moonlightCredentials,
      wolf: new SimulatedWolfSide(wolf),
      engine: moonlight,
      ...(moonlightDialect !== undefined && { dialect: moonlightDialect }),
    });
  }

  async #applyMoonlightFaults(patch: MoonlightFaultPatch): Promise<void> {
    const moonlight = this.#moonlight;
    if (moonlight === undefined) throw new Error('this host has no Moonlight Web');
    Object.assign(moonlight.faults, patch.faults);
    if (patch.connectionStatus !== undefined) moonlight.reportConnection(patch.connectionStatus);
    if (patch.terminate) await moonlight.terminate();
    if (patch.kick) await moonlight.kick();
  }

  #routeTo(apiUrl: string): Promise<AgentRoute> {
    return this.#options.relay === false ? Promise.resolve({ server: apiUrl }) : this.#relays.routeTo(apiUrl);
  }

  async #newSocketPath(): Promise<string> {
    this.#folder = await mkdtemp(join(tmpdir(), 'wolf-'));
    return join(this.#folder, 'wolf.sock');
  }
}
