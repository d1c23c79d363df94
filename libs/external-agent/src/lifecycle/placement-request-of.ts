import type { PlacementRequest } from '@helix/scheduler';
import type { SessionEntity } from '../session/session.entity.js';

/** What a session asks for when it is placed. */
export function placementRequestOf(session: SessionEntity): PlacementRequest {
  const { id, gpuVendor, image, placementLabels, queueMs, wolfInstanceId, startedAt } = session;
  return {
    sessionId: id,
    labels: placementLabels,
    queueMs,
    ...(gpuVendor !== null && { gpuVendor }),
    ...(image !== null && { image }),
    // Where its workspace lies, if it ever ran; a host that only failed it is no better than others.
    ...(wolfInstanceId !== null && startedAt !== null && { preferredInstanceId: wolfInstanceId }),
  };
}
