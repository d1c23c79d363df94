import type { SessionEntity } from '@helix/external-agent';
import type { PlacementRequest } from '@helix/scheduler';

/** What a session asks for when it is placed: the host where its workspace lies, if it ever ran, before others. */
export function requestOfSession(session: SessionEntity): Omit<PlacementRequest, 'sessionId'> {
  const { gpuVendor, image, wolfInstanceId, startedAt } = session;
  return {
    ...(gpuVendor !== null && { gpuVendor }),
    ...(image !== null && { image }),
    ...(wolfInstanceId !== null && startedAt !== null && { preferredInstanceId: wolfInstanceId }),
  };
}
