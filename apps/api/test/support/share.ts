import type { SessionId, ViewerRole } from '@helix/external-agent';
import { SessionShares } from '@helix/external-agent';
import { createSecretToken, hashSecret } from '../../src/access/secret-token.js';
import type { ApiInProcess } from './api-in-process.js';

/** Shares a session and resolves with what its viewer comes with: the link's token, or a key of the user. */
export async function share(
  api: ApiInProcess,
  sessionId: SessionId,
  role: ViewerRole,
  userId?: string,
  lifeMs?: number,
): Promise<string> {
  const token = userId === undefined ? createSecretToken('share') : await api.userKey(userId);
  const holder = userId === undefined ? { tokenHash: hashSecret(token) } : { userId };
  await api.api.app.get(SessionShares).create(sessionId, { createdBy: 'owner', role, holder, lifeMs });
  return token;
}
