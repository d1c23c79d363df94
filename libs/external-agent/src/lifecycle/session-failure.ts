import type { PlacementDecision, PlacementService } from '@helix/scheduler';
import { EXTERNAL_AGENT_ERROR_CODES, ExternalAgentError } from '../external-agent-error.js';
import type { SessionEntity } from '../session/session.entity.js';

/** Why a session has failed, for who asked for it; where there was no place for it, also in numbers. */
export async function failureOf(
  { id, reason }: SessionEntity,
  placements: Pick<PlacementService, 'decisionOf'>,
): Promise<ExternalAgentError> {
  const code = EXTERNAL_AGENT_ERROR_CODES.find((known) => known === reason?.code) ?? 'START_FAILED';
  // It says more than the sentence does; where it cannot be read the sentence has to do.
  const decision = code.startsWith('PLACEMENT_') ? await placements.decisionOf(id).catch(() => undefined) : undefined;
  return new ExternalAgentError(code, reason?.message ?? 'the session failed', {
    details: { sessionId: id, ...(decision !== undefined && { placement: summaryOf(decision) }) },
  });
}

/** In the words of `GET /api/v1/sessions/{id}/placement`; it names no host. */
function summaryOf({ reason, counts, consideredCount }: PlacementDecision): Readonly<Record<string, unknown>> {
  return { reason, counts, considered_count: consideredCount };
}
