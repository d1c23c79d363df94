import { json } from 'node:stream/consumers';
import { runPages, type PageJob } from './page-load.js';

/** Load generator process: reads one `PageJob` as JSON on standard input, prints its `PageFigures` as one JSON line. */
process.stdout.write(`${JSON.stringify(await runPages((await json(process.stdin)) as PageJob))}\n`);
// Connections of this process's own probes may still be kept open.
process.exit(0);
