/**
 * A GPU host without a GPU.
 *
 * Problem: everything the control plane does ends on a machine with a GPU, Docker, Wolf and a tunnel, which no
 * developer's laptop and no test machine has; and its worst days (a Wolf that answers late and does it anyway, a link
 * that dies without a word, a desktop that never boots) are not to be had on order.
 *
 * Idea: stand in for the hardware, not for the software that talks to us. Wolf's API is imitated byte for byte on a Unix
 * socket, a desktop is a process with a screenshot server, and between them and the API runs the real agent.
 *
 *     SimulatedGpuHost ─┬─ SimulatedWolf      Unix socket, Wolf's habits and faults
 *                       ├─ MoonlightWeb       its WebSocket, a peer with a picture
 *                       ├─ agent (real)       wolf-<id>, moonlight ─┐
 *                       ├─ heartbeat          POST …/heartbeat      ├─ LinkRelay ─▶ API
 *                       └─ DesktopLauncher    for each lobby:       │  (cut, stalled, delayed)
 *                            └─ desktop process: screenshot, clipboard
 *                                 └─ agent (real)  sandbox-<session>┘
 */
export { DesktopPicture } from './desktop/desktop-picture.js';
export type { ServedPicture } from './desktop/picture.js';
export { SCREENSHOT_FAULT_MODES, type ScreenshotFault, type ScreenshotFaultMode } from './desktop/screenshot-fault.js';
export { DesktopProcess, type DesktopProcessOptions, startDesktop } from './host/desktop-process.js';
export { ControlServer } from './host/control-server.js';
export type { DesktopStatus } from './host/desktop-launcher.js';
export type { FaultPatch } from './host/fault-patch.js';
export { SimulatedGpuHost } from './host/gpu-host.js';
export type { GpuHostOptions, GpuHostStatus, WolfStatus } from './host/gpu-host-options.js';
export { LinkRelay, type RelayState } from './host/link-relay.js';
export { MOONLIGHT_DIALECTS, type MoonlightDialect } from './moonlight/stream-messages.js';
export type { MoonlightFaults, PairFailure } from './moonlight/moonlight-faults.js';
export { noMoonlightFaults } from './moonlight/moonlight-faults.js';
export type {
  InitOutcome,
  InitRecord,
  InputRecord,
  MoonlightStatus,
  StreamStatus,
  Violation,
  ViolationKind,
} from './moonlight/moonlight-status.js';
export type { MoonlightWolf, WolfLaunch } from './moonlight/moonlight-wolf.js';
export {
  SimulatedMoonlightWeb,
  type MoonlightEngine,
  type SimulatedMoonlightWebOptions,
} from './moonlight/simulated-moonlight-web.js';
export { SimulatedWolfSide } from './moonlight/moonlight-wolf.js';
export { SimulatedWolf, type SimulatedLobby } from './wolf/simulated-wolf.js';
export type { SimulatedWolfOptions } from './wolf/wolf-process.js';
export { noFaults, type AnswerFault, type AnswerFaultKind, type WolfFaults } from './wolf/wolf-faults.js';
export { WOLF_ERAS, type WolfEra } from './wolf/wolf-era.js';
export type { MoonlightLaunch } from './wolf/session-table.js';
export { IdleLobbyRunner, type LobbyLaunch, type LobbyRunner, type RunningRunner } from './wolf/lobby-runner.js';
