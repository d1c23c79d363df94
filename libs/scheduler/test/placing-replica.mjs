/**
 * A process that places sessions as a replica of the API does, until it is told to stop or is killed:
 * `node placing-replica.mjs <database URL> <prefix> <callers>`. Prints one line for each thing that is certain to have happened,
 * after it has: `held <session>` once it is confirmed, `free <session>` once it is released, and at the end `done`.
 * A line on standard input ends it: then it keeps what it holds.
 */
import { once } from 'node:events';
import { PlacementService, SCHEDULER_ENTITIES } from '@helix/scheduler';
import { DataSource } from 'typeorm';

const [, , url, prefix, callers] = process.argv;
const dataSource = new DataSource({ type: 'postgres', url, entities: [...SCHEDULER_ENTITIES], poolSize: 5 });
await dataSource.initialize();
const placements = new PlacementService(dataSource);
let isEnding = false;
void once(process.stdin, 'data').then(() => {
  isEnding = true;
});
say('ready');
await Promise.all(Array.from({ length: Number(callers) }, (_, index) => work(`${prefix}-${index}`)));
await dataSource.destroy();
say('done');
process.exit(0);

async function work(name) {
  const held = [];
  for (let turn = 0; !isEnding; turn += 1) {
    const session = `${name}-${turn}`;
    const queueMs = turn % 5 === 0 ? 200 : 0;
    const outcome = await placements.place({
      sessionId: session,
      queueMs,
      ...(turn % 7 === 0 && { gpuVendor: 'amd' }),
    });
    // A reservation that is never confirmed, as of a process that died: every ninth is left to its end.
    const isPlaced = 'wolfInstanceId' in outcome;
    if (!isPlaced) await placements.release(session);
    else if (turn % 9 !== 8) {
      if (await placements.confirm(session)) {
        held.push(session);
        say(`held ${session}`);
      }
    }
    while (held.length > (isPlaced ? 3 : 0)) {
      const oldest = held.shift();
      // Said before as well: who is killed in between may or may not have done it.
      say(`freeing ${oldest}`);
      await placements.release(oldest);
      say(`free ${oldest}`);
    }
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
