/**
 * `npm run bench -- tunnel`: what the tunnel costs, all in one run on one machine. No tunnel, two plain relays, generations 1, 2 and 3
 * (raw and over WebSocket), and `ssh -R`, chisel and frp where their programs are on the PATH; the bare tunnel (HTTP over a dial,
 * nothing else) and the whole REST path (auth, ownership, tunnel); over loopback and over stretches with a round trip.
 *
 * Load generator, API, agent and origin are separate processes; the bare tunnel's end has plain fronts for that. On the
 * REST path every caller asks for a session of its own, so that shared fetches flatter nothing.
 *
 * `--seconds <n>` sets how long each case is measured (0.8), `--rtts 0,20,100` the round trips in milliseconds, `--quick` leaves out
 * most rows, `--only mux,gen1` measures these transports only. Ctrl-C leaves nothing behind.
 */
import { parseArgs } from 'node:util';
import { foreignTunnelsHere } from './foreign-tunnels.js';
import { TunnelBed } from './tunnel-bed.js';
import { tunnelRatios } from './tunnel-ratios.js';
import { TunnelRun } from './tunnel-run.js';
import { tunnelTable } from './tunnel-table.js';
import { OUR_TRANSPORTS } from './tunnel-way.js';
import { runOnBed } from './run-on-bed.js';

const SESSION_COUNT = 32;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0.8' },
    rtts: { type: 'string', default: '0,20,100' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const durationMs = Number(values.seconds) * 1_000;
if (!(durationMs > 0)) throw new Error('--seconds must be a number above 0');
const rttsMs = values.rtts.split(',').map(Number);
if (!rttsMs.every((rttMs) => rttMs >= 0 && rttMs <= 10_000))
  throw new Error('--rtts must be numbers of milliseconds, with commas between');
const only = values.only?.split(',');
const isWanted = (transport: string): boolean => only === undefined || only.includes(transport);

await runOnBed(
  () => TunnelBed.start(SESSION_COUNT),
  async (bed) => {
    const run = new TunnelRun(bed, {
      durationMs,
      rttsMs,
      isQuick: values.quick,
      ours: OUR_TRANSPORTS.filter(isWanted),
      foreign: foreignTunnelsHere().filter(isWanted),
    });
    const rows = await run.measureAll();
    process.stdout.write(tunnelTable(rows));
    process.stdout.write(`${JSON.stringify({ bench: 'tunnel', rows, ratios: tunnelRatios(rows) })}\n`);
  },
);
