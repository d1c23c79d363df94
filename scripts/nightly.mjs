/**
 * `npm run test:nightly [-- what Jest takes]`: tests at their full size, for as long as they take: a million inputs for each fuzzer of the
 * tunnel, a gigabyte each way through a link that is cut every 2 s, a thousand streams at once and decisions on random
 * fleets.
 */
import path from 'node:path';
import { ensureBuilt, ROOT, runForeground, runScript } from './ensure-ready.mjs';

runScript(async () => {
  await ensureBuilt();
  const args = process.argv.slice(2);
  const paths =
    args.length > 0
      ? args
      : [
          'libs/revdial/test/mux',
          'libs/revdial/test/resumable',
          'libs/revdial/test/generation3/dial-fuzz',
          'libs/scheduler/test/placement-rule',
        ];
  // In a million inputs there may be one that takes longer than a test may.
  const options = ['--testTimeout=7200000', '--runInBand'];
  return await runForeground(process.execPath, [path.join(ROOT, 'scripts', 'test.mjs'), ...options, ...paths], {
    ...process.env,
    NIGHTLY: '1',
    FUZZ_RUNS: process.env.FUZZ_RUNS ?? '1000000',
  });
});
