import path from 'node:path';
import { ExternalAgentError } from '../../external-agent-error.js';
import type { SessionId } from '../../session/session-id.js';

/** A folder or file of the host in every desktop. `{session_id}` in `source` stands for the id of the session. */
export interface DesktopMount {
  readonly source: string;
  readonly destination: string;
  readonly mode: 'ro' | 'rw';
}

/** The only one: other names, such as a host's own, are chosen by others and could spell a socket. */
const PLACEHOLDER = '{session_id}';

/** A colon would begin the next part of what Wolf takes apart, a comma the next mount of the list. */
const PATH_TEXT = /^\/[^\p{Cc}\p{Cs}:,{}\\]*$/u;
const MAX_PATH_BYTES = 1024;

/** Where Wolf puts the workspace (wolf-api §3.5), and what a container is made of. */
const TAKEN_DESTINATIONS: ReadonlySet<string> = new Set(['/', '/home/retro', '/proc', '/sys', '/dev']);

/** A socket of these hands the whole host to a process that may write to it; so does a folder that holds one. */
const CONTROL_SOCKET = /\/(?:docker|containerd|podman|crio|wolf)\.sock$/;
const CONTROL_FOLDERS: ReadonlySet<string> = new Set(
  ['', '/docker', '/containerd', '/podman', '/crio', '/wolf', '/hydra'].flatMap((folder) => [
    `/run${folder}`,
    `/var/run${folder}`,
  ]),
);

/**
 * Reads `source:destination[:ro|rw]`; without a mode it is `rw`.
 * @throws ExternalAgentError INVALID_REQUEST with what is wrong and without the text
 */
export function parseDesktopMount(text: string): DesktopMount {
  const [source = '', destination = '', mode = 'rw', ...rest] = text.split(':');
  if (rest.length > 0 || (mode !== 'ro' && mode !== 'rw'))
    throw fault('must be source:destination, or with :ro or :rw');
  checkPath('source', source.replaceAll(PLACEHOLDER, 'ses_0'));
  checkPath('destination', destination);
  const place = withoutEndSlash(destination);
  if (TAKEN_DESTINATIONS.has(place)) throw fault('has a destination that the container needs itself');
  return { source: withoutEndSlash(source), destination: place, mode };
}

/** Does the mount give a desktop the power over its host? Links on the host's own disk cannot be seen from here. */
export function givesHostControl({ source }: DesktopMount): boolean {
  return source === '/' || source === '/var' || CONTROL_SOCKET.test(source) || CONTROL_FOLDERS.has(source);
}

/** The mount as Wolf takes it, for one session. */
export function printMount({ source, destination, mode }: DesktopMount, sessionId: SessionId): string {
  return `${source.replaceAll(PLACEHOLDER, () => sessionId)}:${destination}:${mode}`;
}

function checkPath(part: string, text: string): void {
  if (!PATH_TEXT.test(text))
    throw fault(`needs an absolute ${part}; besides {session_id} in the source, no : , { } \\ and control characters`);
  if (Buffer.byteLength(text) > MAX_PATH_BYTES) throw fault(`has a ${part} that is too long`);
  if (path.posix.normalize(text) !== text) throw fault(`has a ${part} with "..", "." or "//" in it`);
}

function withoutEndSlash(text: string): string {
  return text.length > 1 ? text.replace(/\/$/, '') : text;
}

function fault(rule: string): ExternalAgentError {
  return new ExternalAgentError('INVALID_REQUEST', rule);
}
