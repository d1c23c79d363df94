/** What a viewer of a session may do: watch, or work with the desktop too. */
export const VIEWER_ROLES = ['view', 'control'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];
