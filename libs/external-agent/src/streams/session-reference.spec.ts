import { sessionIdOfReference } from './session-reference.js';

const ID = 'ses_01kata7wrce3cd5j3hg5ttvjw6';

describe('sessionIdOfReference', () => {
  it.each([ID, `agent-${ID}`, `agent-${ID}-0b0c7d1e-2f3a-4b5c-8d6e-7f8091a2b3c4`, `agent-${ID}-kickoff`])(
    'finds the session in %s',
    (text) => {
      expect(sessionIdOfReference(text)).toBe(ID);
    },
  );

  it.each([
    '',
    'agent-',
    `${ID}-tab`,
    `agent-${ID}-`,
    `agent-${ID}0`,
    `agent-${ID}_x`,
    `agent-${ID}-a/b`,
    `agent-${ID}-a b`,
    `agent-${ID}-${'x'.repeat(81)}`,
    `agent-agent-${ID}`,
    `AGENT-${ID}`,
    `agent-${ID.toUpperCase()}`,
    `${ID}\n`,
    ` ${ID}`,
    'agent-req_01kata7wrce3cd5j3hg5ttvjw6',
    // Letters that an ULID does not have.
    'ses_01kata7wrce3cd5j3hg5ttvjwi',
    `x${ID}`,
  ])('finds none in %j', (text) => {
    expect(sessionIdOfReference(text)).toBeUndefined();
  });
});
