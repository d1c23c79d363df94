/** `npm run bench -- <name> [its arguments]`: installs and builds what is missing, then runs bench/dist/<name>.js. */
import path from 'node:path';
import { ensureBuilt, ROOT, runForeground, runScript } from './ensure-ready.mjs';

/** The rest of bench/ is what these are made of. What was measured stands in docs/performance.md. */
const BENCHES = {
  'closing-services': 'answers of services that close after each, through each transport, byte by byte',
  'database-troubles': 'what is answered while the database is in trouble, and seconds until it is served again',
  fleet: 'ten thousand links on one API: memory, idle CPU, and how soon all are back after it was killed',
  'hostile-input': 'how long /healthz waits while a client sends what is meant to hurt',
  placement: 'sessions placed and let go by two replicas, on fleets of 10 to 10 000 hosts',
  sessions: 'how many open pages one replica carries, polling as the front end does',
  signalling: 'what proxy and tunnel add to a message of a stream, connects, memory of a viewer',
  soak: 'one link of generation 3 under cuts for a long time: bytes, memory, handles',
  tunnel: 'requests, bulk and latency: direct, through each generation, ssh -R and others, and the whole REST path',
};

runScript(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || !Object.hasOwn(BENCHES, name)) {
    const usage = ['npm run bench -- <name> [options]; <name> --help lists the options'];
    for (const [known, about] of Object.entries(BENCHES)) usage.push(`  ${known.padEnd(18)}${about}`);
    if (name === '--help') {
      console.log(usage.join('\n'));
      return 0;
    }
    const fault = name === undefined ? 'a benchmark is needed' : `there is no benchmark ${JSON.stringify(name)}`;
    console.error(`${fault}: ${usage.join('\n')}`);
    return 2;
  }
  await ensureBuilt();
  return await runForeground(process.execPath, [path.join(ROOT, 'bench', 'dist', `${name}.js`), ...args]);
});
