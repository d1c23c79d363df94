import { json } from 'node:stream/consumers';
import { HOSTILE_REQUESTS, type HostileTarget } from './hostile-requests.js';

/** Benchmark process: sends one hostile input, as `{"name","target"}` on standard input says, and prints what was answered. */
const { name, target } = (await json(process.stdin)) as { readonly name: string; readonly target: HostileTarget };
const statuses = (await HOSTILE_REQUESTS[name]?.send(target)) ?? [];
process.stdout.write(`${JSON.stringify({ statuses })}\n`);
