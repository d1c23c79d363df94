/** What whoever watches may do with the session, as `GET /api/v1/sessions/{id}/access` says. */
export interface SessionAccess {
  readonly name: string;
  readonly state: string;
  readonly role: 'view' | 'control';
  readonly expiresAt: Date | undefined;
}

/** `undefined` for what is no such answer. A role that is not known is taken for the lesser one. */
export function parseSessionAccess(body: unknown): SessionAccess | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { name, state, role, expires_at: expiry }: Readonly<Record<string, unknown>> = { ...body };
  if (typeof state !== 'string') return undefined;
  const expiresAt = typeof expiry === 'string' ? new Date(expiry) : undefined;
  return {
    name: typeof name === 'string' && name !== '' ? name.slice(0, 200) : 'Desktop',
    state,
    role: role === 'control' ? 'control' : 'view',
    expiresAt: expiresAt === undefined || Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt,
  };
}
