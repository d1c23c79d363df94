import { isSessionId, type SessionId } from '../session/session-id.js';
import { isViewerOf } from './client-unique-id.js';

const sessionId = (text: string): SessionId => {
  if (!isSessionId(text)) throw new Error(text);
  return text;
};
const SESSION = sessionId('ses_01kata7wrce3cd5j3hg5ttvjw6');

describe('isViewerOf', () => {
  it.each([
    ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6', true],
    ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6-0b0c7d1e-2f3a-4b5c-8d6e-7f8091a2b3c4', true],
    ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw', false],
    ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw60', false],
    ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6_x', false],
    ['x-helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6', false],
    ['HELIX-AGENT-ses_01kata7wrce3cd5j3hg5ttvjw6', false],
    ['', false],
  ])('of %s says %s', (clientUniqueId, expected) => {
    expect(isViewerOf(SESSION, clientUniqueId)).toBe(expected);
  });
});
