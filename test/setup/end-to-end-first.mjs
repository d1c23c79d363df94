import path from 'node:path';
import TestSequencer from '@jest/test-sequencer';

/** Jest knows how long a file takes only once it has run here. These take longest, so that none of them is left for the end. */
const LONG = [
  'test/e2e/agent-links.spec.ts',
  'test/e2e/two-replicas.spec.ts',
  'test/e2e/reconnect.spec.ts',
  'test/e2e/streaming.spec.ts',
  'test/e2e/npm-start.spec.ts',
  'test/e2e/killed-mid-step.spec.ts',
  'test/e2e/stopped-process.spec.ts',
  'test/e2e/demo.spec.ts',
  'apps/api/test/access.spec.ts',
  'libs/external-agent/test/elsewhere.spec.ts',
  'libs/embedded-postgres/src/embedded-postgres.spec.ts',
  'apps/api/test/database.spec.ts',
  'libs/external-agent/test/fault-table/watch.spec.ts',
  'apps/api/test/desktops.spec.ts',
  'libs/revdial/test/early-answers.spec.ts',
  'apps/api/test/viewing.spec.ts',
  'test/contract/contract-of-sessions.spec.ts',
];

/**
 * The end-to-end tests first, so that processes, browsers and a whole API do not run beside tests that measure fractions of a second.
 * Each class in Jest's own order, behind the files that are known to be long.
 */
export default class EndToEndFirst extends TestSequencer {
  sort(tests) {
    const placeOf = ({ path: file, context }) => {
      const name = path.relative(context.config.rootDir, file).split(path.sep).join('/');
      const long = LONG.indexOf(name);
      return (name.startsWith('test/e2e/') ? 0 : LONG.length + 1) + (long < 0 ? LONG.length : long);
    };
    return super.sort(tests).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
