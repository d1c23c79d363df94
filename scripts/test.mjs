/**
 * `npm test [-- what Jest takes]`: installs and builds what is missing, then runs Jest. Ends with Jest's exit code.
 *
 *   npm test -- libs/scheduler        one folder
 *   npm test -- -t 'a late pick-up'   by title
 */
import path from 'node:path';
import { ensureBuilt, ROOT, runForeground, runScript } from './ensure-ready.mjs';

runScript(async () => {
  await ensureBuilt();
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  // Jest's workers inherit the options through the environment. Without the flag Jest cannot load ES modules.
  const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return await runForeground(process.execPath, [jest, ...process.argv.slice(2)], {
    ...process.env,
    NODE_OPTIONS: options.filter(Boolean).join(' '),
  });
});
