/** `npm run bench -- <name> [its arguments]`: installs and builds what is missing, then runs bench/dist/<name>.js. */
import path from 'node:path';
import { ensureBuilt, ROOT, runForeground, runScript } from './ensure-ready.mjs';

/** The rest of bench/ is what these are made of. What was measured stands in docs/performance.md. */
const BENCHES = {
  fleet: 'ten thousand links on one API: memory, idle CPU, and how soon all are back after it was killed',
  placement: 'sessions placed and let go by two replicas, on fleets of 10 to 10 000 hosts',
  sessions: 'how many open pages one replica carries, polling as the front end does',
  signalling: 'what proxy and tunnel add to a message of a stream, connects, memory of a viewer',
  soak: 'one link of generation 3 under cuts for a long time: bytes, memory, handles',
  tunnel: 'requests, bulk and latency: direct, through each generation, ssh -R and others, and the whole REST path',
};

runScript(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || !Object.hasOwn(BENCHES, name)) {
    const fault = name === undefined ? 'a benchmark is needed' : `there is no benchmark ${JSON.stringify(name)}`;
    const list = Object.entries(BENCHES).map(([known, about]) => `  ${known.padEnd(12)}${about}`);
    console.error([`${fault}: npm run bench -- <name>`, ...list].join('\n'));
    return 1;
  }
  await ensureBuilt();
  return await runForeground(process.execPath, [path.join(ROOT, 'bench', 'dist', `${name}.js`), ...args]);
});
