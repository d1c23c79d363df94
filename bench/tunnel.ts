/**
 * `npm run bench -- tunnel`: what the tunnel costs, all in one run on one machine. No tunnel, two plain relays, generations 1, 2 and 3
 * (raw and over WebSocket), and `ssh -R`, chisel and frp where their programs are on the PATH; the bare tunnel (HTTP over a dial,
 * nothing else) and the whole REST path (auth, ownership, tunnel); over loopback and over stretches with a round trip.
 *
 * Load generator, API, agent and origin are separate processes; the bare tunnel's end has plain fronts for that. On the
 * REST path every caller asks for a session of its own, so that shared fetches flatter nothing.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { benchOptions } from './bench-options.js';
import { FOREIGN_TUNNELS, foreignTunnelsHere } from './foreign-tunnels.js';
import { TunnelBed } from './tunnel-bed.js';
import { tunnelRatios } from './tunnel-ratios.js';
import { TunnelRun } from './tunnel-run.js';
import { tunnelTable } from './tunnel-table.js';
import { OUR_TRANSPORTS } from './tunnel-way.js';
import { runOnBed } from './run-on-bed.js';

const SESSION_COUNT = 32;

const { seconds, rtts, quick, only } = benchOptions({
  name: 'tunnel',
  about:
    'What the tunnel costs: requests, bulk and latency, direct, through each generation and other makes, and the whole REST path.',
  options: {
    seconds: { kind: 'number', min: 0.1, unit: 'seconds', default: 0.8, about: 'how long each case is measured' },
    rtts: {
      kind: 'numbers',
      min: 0,
      unit: 'milliseconds',
      default: [0, 20, 100],
      about: 'round trips of the stretches between',
    },
    quick: { kind: 'switch', about: 'leaves out most rows' },
    only: {
      kind: 'choices',
      choices: [...OUR_TRANSPORTS, ...FOREIGN_TUNNELS],
      about: 'measures these transports only',
    },
  },
});
const isWanted = (transport: string): boolean => only.includes(transport);

await runOnBed(
  () => TunnelBed.start(SESSION_COUNT),
  async (bed) => {
    const run = new TunnelRun(bed, {
      durationMs: seconds * 1_000,
      rttsMs: rtts,
      isQuick: quick,
      ours: OUR_TRANSPORTS.filter(isWanted),
      foreign: foreignTunnelsHere(FOREIGN_TUNNELS.filter(isWanted)),
    });
    const rows = await run.measureAll();
    process.stdout.write(tunnelTable(rows));
    process.stdout.write(`${JSON.stringify({ bench: 'tunnel', rows, ratios: tunnelRatios(rows) })}\n`);
  },
);
