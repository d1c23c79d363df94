import type { Size } from './letterbox.js';

/** What the viewer may do with the session, as `GET /api/v1/sessions/{id}/access` says. */
export interface SessionAccess {
  readonly name: string;
  readonly state: string;
  readonly role: 'view' | 'control';
  readonly expiresAt: Date | undefined;
  readonly display: SessionDisplay;
}

export interface SessionDisplay extends Size {
  readonly fps: number;
}

/** What desktops have unless their owner wants another. */
const USUAL: SessionDisplay = { width: 1_920, height: 1_080, fps: 60 };

/** `undefined` for what is no such answer. A role that is not known is taken for the lesser one. */
export function parseSessionAccess(body: unknown): SessionAccess | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { name, state, role, expires_at: expiry, display }: Readonly<Record<string, unknown>> = { ...body };
  if (typeof state !== 'string') return undefined;
  const expiresAt = typeof expiry === 'string' ? new Date(expiry) : undefined;
  return {
    name: typeof name === 'string' && name !== '' ? name.slice(0, 200) : 'Desktop',
    state,
    role: role === 'control' ? 'control' : 'view',
    expiresAt: expiresAt === undefined || Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt,
    display: displayIn(display),
  };
}

function displayIn(value: unknown): SessionDisplay {
  if (typeof value !== 'object' || value === null) return USUAL;
  const { width, height, refresh_rate: fps }: Readonly<Record<string, unknown>> = { ...value };
  return isCount(width) && isCount(height) && isCount(fps) ? { width, height, fps } : USUAL;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
