/** What a desktop process tells its parent, on the channel between them and as a line of its output. */
export type DesktopMessage =
  | { readonly msg: 'agent started'; readonly pid: number }
  | { readonly msg: 'agent ended'; readonly code: number | null; readonly signal: string | null }
  /** Where it keeps files; to be removed by whoever outlives it. */
  | { readonly msg: 'folder'; readonly path: string }
  | { readonly msg: 'ready'; readonly port: number; readonly pid: number; readonly agentPid: number | null };

export function isDesktopMessage(value: unknown): value is DesktopMessage {
  if (typeof value !== 'object' || value === null || !('msg' in value)) return false;
  switch (value.msg) {
    case 'ready':
      return 'port' in value && typeof value.port === 'number';
    case 'agent started':
      return 'pid' in value && typeof value.pid === 'number';
    case 'agent ended':
      return true;
    case 'folder':
      return 'path' in value && typeof value.path === 'string';
    default:
      return false;
  }
}
