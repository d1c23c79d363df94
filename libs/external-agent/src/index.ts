/**
 * Sessions and their desktops.
 *
 * A desktop is a promise to a user: asked for once, it must exist once, wherever a command, a host or a replica dies on the
 * way. So a session is one row with a state and a wish, and one driver moves the state towards the wish; every step is
 * written before the next begins and can be done again.
 *
 *   create ─▶ queued ─▶ placing ─▶ starting ─▶ running ─▶ stopping ─▶ stopped
 *             ▲            │ no place   │ the host fails
 *             │            └──────▶ failed (reason; slot, lobby and token taken back)
 *             └── resume of one that has ended; a desktop that its host has lost
 *
 * What each host runs is followed by its Wolf's events (`HostWatch`) and compared with the rows (`LobbyAuditor`); what a session
 * looks like (`SessionViews`, `SessionFeed`) is told from that and costs no call to a host.
 *
 * Whom an owner lets watch beside himself is told by `SessionShares`. Browsers stream from the Moonlight Web of a host, through the
 * host's link `moonlight-<instance>`: signalling (`SessionStreams`), its REST interface (`MoonlightRest`, `MoonlightStatus`), and the
 * ICE servers that viewers are given (`IceServers`).
 *
 * Pictures, clipboard, files, commands and logs of a desktop pass through the link `sandbox-<session>` which it holds itself.
 */
export { EXTERNAL_AGENT_ERROR_CODES, ExternalAgentError } from './external-agent-error.js';
export type { ExternalAgentErrorCode } from './external-agent-error.js';
export type { ExternalAgentLogger } from './external-agent-logger.js';
export { LIMITS as EXTERNAL_AGENT_LIMITS } from './limits.js';
export { EXTERNAL_AGENT_ENTITIES, EXTERNAL_AGENT_MIGRATIONS } from './persistence.js';
export { createSessionId, isSessionId } from './session/session-id.js';
export type { SessionId } from './session/session-id.js';
export { HOST_LOST_WISHES, SESSION_STATES } from './session/session-state.js';
export type { DesiredState, HostLostWish, SessionReason, SessionState } from './session/session-state.js';
export { SessionEntity } from './session/session.entity.js';
export { SessionRepository } from './session/session.repository.js';
export { HostLosses } from './session/host-losses.js';
export type { HostLossPolicy } from './session/host-losses.js';
export { SessionQueue } from './session/session-queue.js';
export { SessionLists } from './session/session-lists.js';
export type { SessionPage, UnsettledSession } from './session/session-lists.js';
export { SessionDirectory } from './session/session-directory.js';
export { readOrStale } from './read-or-stale.js';
export type { SharedRead } from './read-or-stale.js';
export { ByteBudget } from './desktop-services/byte-budget.js';
export type { ByteShare } from './desktop-services/byte-budget.js';
export type { DesktopConfig, DesktopResources, DesktopSecurity } from './life/desktop/desktop-config.js';
export { parseDesktopDevice } from './life/desktop/desktop-device.js';
export type { DesktopDevice } from './life/desktop/desktop-device.js';
export { givesHostControl, parseDesktopMount } from './life/desktop/desktop-mount.js';
export type { DesktopMount } from './life/desktop/desktop-mount.js';
export { LINUX_CAPABILITIES } from './life/desktop/desktop-config.js';
export { checkOperatorVariable } from './life/desktop/operator-environment.js';
export { markedLifeOf, markedSessionOf } from './session/desktop-marks.js';
export { SingleFlight } from './single-flight.js';
export type { DisplaySettings } from './session/display-settings.js';
export { ExternalAgentService } from './life/external-agent.service.js';
export type { CreateSession } from './life/external-agent.service.js';
export { ExternalAgents } from './external-agents.js';
export type { ExternalAgentsBase, ExternalAgentsOptions } from './external-agents.js';
export { idleStatusOf } from './view/idle-status.js';
export type { IdleStatus } from './view/idle-status.js';
export { IdleSweeper } from './life/sweeps/idle-sweeper.js';
export { SessionActivity } from './session/session-activity.js';
export { DriveQueue } from './life/sweeps/drive-queue.js';
export { QueueSweeper } from './life/sweeps/queue-sweeper.js';
export { LobbyKeeper } from './life/driver/lobby-keeper.js';
export { SessionDriver } from './life/driver/session-driver.js';
export type { SessionDriverParts } from './life/driver/session-driver.js';
export { SessionReconciler } from './life/sweeps/session-reconciler.js';
export { placementRequestOf } from './life/driver/other-hosts.js';
export { SlotSweeper } from './life/sweeps/slot-sweeper.js';
export type { SessionTokenIssuer } from './life/driver/session-driver-parts.js';
export { LastPictureKeeper } from './desktop-services/pictures/last-picture-keeper.js';
export { LastPictures } from './desktop-services/pictures/last-pictures.js';
export { LobbyAuditor } from './life/sweeps/lobby-auditor.js';
export { HostProber } from './hosts/host-prober.js';
export type { HostProberParts } from './hosts/host-prober.js';
export { PROBE_TIMES } from './hosts/probe-times.js';
export type { ProbeTimes } from './hosts/probe-times.js';
export { DrainSweeper } from './life/sweeps/drain-sweeper.js';
export { HostLossSweeper } from './life/sweeps/host-loss-sweeper.js';
export { HostWatch } from './hosts/host-watch.js';
export type { SessionAccess } from './session/shares/session-access.js';
export { SessionShareEntity } from './session/shares/session-share.entity.js';
export { SessionShares } from './session/shares/session-shares.js';
export type { NewShare, ShareListener } from './session/shares/session-shares.js';
export { VIEWER_ROLES } from './session/shares/session-access.js';
export type { ViewerRole } from './session/shares/session-access.js';
export { AutoJoin } from './streams/auto-join.js';
export type { AutoJoinRequest } from './streams/auto-join.js';
export { IceServers } from './streams/ice/ice-servers.js';
export type { IceServer, IceServersConfig } from './streams/ice/ice-servers.js';
export { rewriteWebRtcConfig } from './streams/ice/web-rtc-config.js';
export type { WebRtcConfigMessage } from './streams/ice/web-rtc-config.js';
export { MOONLIGHT_DIALECTS, MoonlightDialects, parseMoonlightDialect } from './streams/moonlight-dialects.js';
export type { MoonlightDialect, MoonlightDialectEntry } from './streams/moonlight-dialects.js';
export { MoonlightRest } from './streams/moonlight-rest.js';
export type { MoonlightAnswer, MoonlightCall, MoonlightRestConfig } from './streams/moonlight-rest.js';
export type { MoonlightRoute } from './streams/moonlight-routes.js';
export { MoonlightStatus } from './streams/moonlight-status.js';
export type { MoonlightStatusConfig } from './streams/moonlight-status.js';
export type { MoonlightStatusReport, MoonlightStream } from './streams/read-moonlight-status.js';
export { sessionIdOfReference } from './streams/session-reference.js';
export { streamsNotConfigured } from './streams/stream-policy.js';
export { isViewerOf } from './hosts/client-unique-id.js';
export { SessionStreams } from './streams/session-streams.js';
export type { OpenedStream, SessionStreamsParts, StreamHandle } from './streams/session-streams.js';
export type { StreamPolicy } from './streams/stream-policy.js';
export { uiAppOf } from './streams/ui-app.js';
export { DIALECT_POLICIES } from './streams/dialect/dialect-policy.js';
export type { DialectPolicy } from './streams/dialect/dialect-policy.js';
export { STREAM_CLOSES } from './streams/relay/stream-close.js';
export type { StreamCloseCause, StreamEndCause } from './streams/relay/stream-close.js';
export type { Viewer, ViewerHolder } from './streams/viewers/viewer.js';
export { viewerIdOf } from './streams/viewers/viewer.js';
export { clientUniqueIdOf } from './hosts/client-unique-id.js';
export type { ViewerStatus } from './streams/viewers/viewer.js';
export { REACHABILITY_STATES } from './view/reachability.js';
export type { Reachability, ReachabilityState } from './view/reachability.js';
export { SessionFeed } from './view/session-feed.js';
export { SessionViews } from './view/session-view.js';
export type { DesktopAppState, SessionView } from './view/session-view.js';
export { ScreenshotService } from './desktop-services/pictures/screenshot.service.js';
export type { Screenshot } from './desktop-services/pictures/screenshot.service.js';
export { parseScreenshotQuery } from './desktop-services/pictures/screenshot-query.js';
export type { ScreenshotQuery } from './desktop-services/pictures/screenshot-query.js';
export { clipboardJson, ClipboardService, parseClipboard } from './desktop-services/clipboard.service.js';
export type { ClipboardContent } from './desktop-services/clipboard.service.js';
export { UploadService } from './desktop-services/upload/upload.service.js';
export type { UploadedFile, UploadRequest } from './desktop-services/upload/upload.service.js';
export { ExecService } from './desktop-services/exec/exec.service.js';
export type { ExecPolicy } from './desktop-services/exec/exec.service.js';
export { checkedExecRequest } from './desktop-services/exec/exec-request.js';
export type { ExecRequest, ExecWish } from './desktop-services/exec/exec-request.js';
export type { ExecResult } from './desktop-services/exec/exec-result.js';
export { LogService } from './desktop-services/logs/log.service.js';
export type { LogFeed } from './desktop-services/logs/log-feed.js';
export { logText } from './desktop-services/logs/log-entry.js';
export type { LogEntry } from './desktop-services/logs/log-entry.js';
export { DesktopHealthService } from './desktop-services/desktop-health.service.js';
export type { DesktopHealth } from './desktop-services/desktop-health.service.js';
