import TestSequencer from '@jest/test-sequencer';

/**
 * The end-to-end tests first, so that processes, browsers and a whole API do not run beside tests that measure fractions of a second,
 * and so that no long file is left for the end. Each class in Jest's own order: failed ones first, then longest first.
 */
export default class EndToEndFirst extends TestSequencer {
  sort(tests) {
    const isEndToEnd = ({ path }) => path.includes('/test/e2e/');
    const ordered = super.sort(tests);
    return [...ordered.filter(isEndToEnd), ...ordered.filter((test) => !isEndToEnd(test))];
  }
}
