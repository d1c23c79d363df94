/**
 * Sessions and their desktops.
 *
 * A desktop is a promise to a user: asked for once, it must exist once, wherever a command, a host or a replica dies on the
 * way. So a session is one row with a state and a wish, and one driver moves the state towards the wish; every step is
 * written before the next begins and can be done again.
 *
 *   create ─▶ queued ─▶ placing ─▶ starting ─▶ running ─▶ stopping ─▶ stopped
 *                          │ no place   │ the host fails
 *                          └──────▶ failed (reason; slot, lobby and token taken back)
 *
 * Pictures and the clipboard of a desktop come through the link `sandbox-<session>` which it holds itself.
 */
export { EXTERNAL_AGENT_ERROR_CODES, ExternalAgentError } from './external-agent-error.js';
export type { ExternalAgentErrorCode } from './external-agent-error.js';
export type { ExternalAgentLogger } from './external-agent-logger.js';
export { LIMITS as EXTERNAL_AGENT_LIMITS } from './limits.js';
export { EXTERNAL_AGENT_ENTITIES, EXTERNAL_AGENT_MIGRATIONS } from './persistence.js';
export { createSessionId, isSessionId } from './session/session-id.js';
export type { SessionId } from './session/session-id.js';
export { SESSION_STATES } from './session/session-state.js';
export type { DesiredState, SessionReason, SessionState } from './session/session-state.js';
export { SessionEntity } from './session/session.entity.js';
export { SessionRepository } from './session/session.repository.js';
export type { SessionPage, UnsettledSession } from './session/session.repository.js';
export { SessionDirectory } from './session/session-directory.js';
export { readOrStale } from './read-or-stale.js';
export type { SharedRead } from './read-or-stale.js';
export { ByteBudget } from './desktop/byte-budget.js';
export { isMarkedAs, sessionMarkedIn } from './desktop/desktop-definition.js';
export { isViewerOf } from './desktop/is-viewer-of.js';
export { SingleFlight } from './single-flight.js';
export type { DesktopConfig } from './desktop/desktop-definition.js';
export type { DisplaySettings } from './desktop/display-settings.js';
export { ExternalAgentService } from './lifecycle/external-agent.service.js';
export type { CreateSession } from './lifecycle/external-agent.service.js';
export { LobbyKeeper } from './lifecycle/lobby-keeper.js';
export { SessionDriver } from './lifecycle/session-driver.js';
export type { SessionDriverParts } from './lifecycle/session-driver.js';
export { SessionReconciler } from './lifecycle/session-reconciler.js';
export { SlotSweeper } from './lifecycle/slot-sweeper.js';
export type { SessionTokenIssuer } from './lifecycle/session-token-issuer.js';
export { ScreenshotService } from './screenshot/screenshot.service.js';
export type { Screenshot } from './screenshot/screenshot.service.js';
export { parseScreenshotQuery } from './screenshot/screenshot-query.js';
export type { ScreenshotQuery } from './screenshot/screenshot-query.js';
export { ClipboardService, parseClipboard } from './clipboard/clipboard.service.js';
export type { ClipboardContent } from './clipboard/clipboard.service.js';
