/** One replica's part of the benchmark `placement`: reads a job on standard input, prints its result as one JSON line. */
import { json } from 'node:stream/consumers';
import { PlacementService, SCHEDULER_ENTITIES } from '@helix/scheduler';
import { DataSource } from 'typeorm';

export interface PlacementJob {
  /** `floor`: what the database does of two statements with a commit each, one row in and out. */
  readonly what: 'place' | 'floor';
  readonly databaseUrl: string;
  readonly callers: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Makes the sessions of this process its own. */
  readonly prefix: string;
}

export interface PlacementJobResult {
  /** Of the placing alone. */
  readonly latenciesMs: readonly number[];
  readonly refusedCount: number;
  /** Placements and releases, those of the warm-up too. */
  readonly changeCount: number;
}

const job = (await json(process.stdin)) as PlacementJob;
// The pool of an API.
const dataSource = new DataSource({
  type: 'postgres',
  url: job.databaseUrl,
  entities: [...SCHEDULER_ENTITIES],
  poolSize: 10,
});
await dataSource.initialize();
const placements = new PlacementService(dataSource);

const beginsAt = performance.now() + job.warmupMs;
const endsAt = beginsAt + job.durationMs;
const latenciesMs: number[] = [];
let refusedCount = 0;
let changeCount = 0;

await Promise.all(Array.from({ length: job.callers }, (_, index) => call(`${job.prefix}-${String(index)}`)));
await dataSource.destroy();
const result: PlacementJobResult = { latenciesMs, refusedCount, changeCount };
process.stdout.write(`${JSON.stringify(result)}\n`);

async function call(caller: string): Promise<void> {
  for (let turn = 0; performance.now() < endsAt; turn += 1) {
    const sessionId = `${caller}-${String(turn)}`;
    const askedAt = performance.now();
    const isPlaced = job.what === 'place' ? await place(sessionId) : await insert(sessionId);
    const answeredAt = performance.now();
    if (!isPlaced) refusedCount += 1;
    else if (answeredAt >= beginsAt && answeredAt <= endsAt) latenciesMs.push(answeredAt - askedAt);
    if (job.what === 'place') await placements.release(sessionId);
    else await dataSource.query('DELETE FROM floor WHERE id = $1', [sessionId]);
    changeCount += 2;
  }
}

async function place(sessionId: string): Promise<boolean> {
  return 'wolfInstanceId' in (await placements.place({ sessionId }));
}

async function insert(sessionId: string): Promise<boolean> {
  await dataSource.query('INSERT INTO floor VALUES ($1, $2)', [sessionId, 'wolf-1']);
  return true;
}
