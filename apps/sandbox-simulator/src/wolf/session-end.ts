import type { StreamSession } from './session-table.js';
import type { WolfCore } from './wolf-core.js';
import { SESSION_IDLE_LIMIT_MS } from './wolf-limits.js';

/** Out of its lobby, off the list, then told (wolf-api §5.2). */
export async function endSession(core: WolfCore, session: StreamSession): Promise<void> {
  await core.life.leaveByEnd(session.clientId);
  core.sessions.remove(session);
  core.events.broadcast('StopStreamEvent', { session_id: session.clientId });
}

/** Ends sessions whose client has fallen silent (wolf-api §4.1). */
export async function endSilentSessions(core: WolfCore): Promise<void> {
  const silentSince = core.now() - SESSION_IDLE_LIMIT_MS;
  for (const session of core.sessions.list().filter((each) => each.lastControlPacketAt < silentSince)) {
    await endSession(core, session);
  }
}
