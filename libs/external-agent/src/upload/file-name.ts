import { ExternalAgentError } from '../external-agent-error.js';
import { LIMITS } from '../limits.js';

/**
 * The name under which a desktop may store a file: the last part of what the sender's system calls it, without a path.
 * @throws ExternalAgentError INVALID_REQUEST for names that no folder can hold, or that would lead out of it
 */
export function checkedFileName(sent: string | undefined): string {
  const name = (sent ?? '').split(/[\\/]/).at(-1)?.trim() ?? '';
  if (name === '' || name === '.' || name === '..') {
    throw new ExternalAgentError('INVALID_REQUEST', 'the file has no name');
  }
  // Control characters, halves of characters, and what turns the direction of text to make one suffix look like another.
  if (/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the name of the file has characters that are not allowed');
  }
  if (Buffer.byteLength(name) > LIMITS.uploadFileNameMaxBytes) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the name of the file is too long');
  }
  return name;
}
