/**
 * `npm run bench -- closing-services`: answers of services that end their connection after each, through every transport and over a network
 * that is smooth or stalls, each compared byte by byte with what the service sent. Services that keep theirs stand beside them.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { until } from './bed-calls.js';
import { benchOptions } from './bench-options.js';
import { BenchChild } from './child.js';
import { stopAllChildren, whenAskedToEnd } from './child-processes.js';

const TRANSPORTS = ['hijack', 'websocket', 'mux', 'mux-websocket'] as const;
type Transport = (typeof TRANSPORTS)[number];

/** The head of an answer with a body of so many bytes, and whether the service goes on after it. */
const STYLES = {
  'HTTP/1.0 with a length': {
    head: (byteCount: number) => `HTTP/1.0 200 OK\r\nContent-Length: ${String(byteCount)}\r\n`,
    keeps: false,
  },
  'HTTP/1.0 to the end': { head: () => 'HTTP/1.0 200 OK\r\n', keeps: false },
  'close with a length': {
    head: (byteCount: number) => `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${String(byteCount)}\r\n`,
    keeps: false,
  },
  'close to the end': { head: () => 'HTTP/1.1 200 OK\r\nConnection: close\r\n', keeps: false },
  'kept with a length': {
    head: (byteCount: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${String(byteCount)}\r\n`,
    keeps: true,
  },
} as const;

const SIZES_KIB = [1, 60, 100, 748] as const;
const CALLER_COUNT = 4;

const {
  answers,
  transports,
  'lags-ms': lagsMs,
} = benchOptions({
  name: 'closing-services',
  about: 'Answers of services that close after each, through every transport, compared byte by byte.',
  options: {
    answers: { kind: 'number', min: 1, unit: 'answers', default: 2_000, about: 'for each transport' },
    'lags-ms': {
      kind: 'numbers',
      min: 0,
      unit: 'milliseconds',
      default: [0, 30],
      about: 'how late the agent is heard',
    },
    transports: { kind: 'choices', choices: TRANSPORTS, about: 'those to measure' },
  },
});

/** Numbered words, so that a piece in the wrong place is found out. */
const BODIES = new Map(
  SIZES_KIB.map((kib) => [
    kib,
    Buffer.from(Array.from({ length: kib * 64 }, (_, word) => String(word).padStart(15, '.') + ' ').join('')),
  ]),
);

function serve(): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    let asked = '';
    socket.on('data', (bytes) => {
      asked += bytes.toString('latin1');
      const path = /^GET \/(\d+)\/(\d+) [^]*\r\n\r\n$/.exec(asked);
      if (path === null) return;
      asked = '';
      const style = Object.values(STYLES)[Number(path[1])];
      const body = BODIES.get(Number(path[2]) as (typeof SIZES_KIB)[number]);
      if (style === undefined || body === undefined) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      socket.write(`${style.head(body.length)}\r\n`);
      if (style.keeps) socket.write(body);
      else socket.end(body);
    });
  });
}

/** What the agent says arrives so late, and in one piece, as after a stall of the network. */
function stall(targetPort: number, lagMs: number): Server {
  return createServer({ noDelay: true }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    let held: Buffer[] = [];
    near.on('data', (bytes) => {
      if (lagMs === 0) {
        far.write(bytes);
        return;
      }
      held.push(bytes);
      if (held.length > 1) return;
      setTimeout(() => {
        far.write(Buffer.concat(held));
        held = [];
      }, lagMs);
    });
    far.on('data', (bytes) => near.write(bytes));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  });
}

async function listen(server: Server, sockets: Set<Socket>): Promise<number> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function askOne(httpUrl: string, number: number): Promise<string> {
  const styleIndex = number % Object.keys(STYLES).length;
  const kib = SIZES_KIB[Math.floor(number / Object.keys(STYLES).length) % SIZES_KIB.length] ?? 1;
  const response = await fetch(`${httpUrl}/${String(styleIndex)}/${String(kib)}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isRight = response.status === 200 && BODIES.get(kib)?.equals(bytes) === true;
  return isRight ? 'right' : `${Object.keys(STYLES)[styleIndex] ?? ''}, ${String(kib)} KiB: ${String(response.status)}`;
}

async function measure(transport: Transport, lagMs: number, count: number): Promise<Map<string, number>> {
  const sockets = new Set<Socket>();
  const service = serve();
  const servicePort = await listen(service, sockets);
  const api = await BenchChild.start('bench/dist/bare-tunnel.js');
  const proxy = stall(Number(api.ready['port']), lagMs);
  const proxyPort = await listen(proxy, sockets);
  const agent = BenchChild.startQuiet('apps/revdial-agent/dist/main.js', {
    args: ['--transport', transport, '--log-level', 'error', '--tunnel', `wolf-bench=127.0.0.1:${String(servicePort)}`],
    environment: { HELIX_API_URL: `http://127.0.0.1:${String(proxyPort)}`, RUNNER_TOKEN: 'bench-token' },
  });
  const httpUrl = `http://127.0.0.1:${String(api.ready['port'])}`;
  const outcomes = new Map<string, number>();
  try {
    await until('the tunnel', () =>
      askOne(httpUrl, 0).then(
        (outcome) => outcome === 'right',
        () => false,
      ),
    );
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < count) {
        const number = next;
        next += 1;
        const outcome = await askOne(httpUrl, number).catch((error: unknown) => String(error));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: CALLER_COUNT }, caller));
  } finally {
    await agent.stop();
    await api.stop();
    for (const server of [service, proxy]) server.close();
    for (const socket of sockets) socket.destroy();
  }
  return outcomes;
}

whenAskedToEnd((code) => {
  process.exitCode = code;
  void stopAllChildren();
});
const rows: { transport: string; lagMs: number; right: number; of: number }[] = [];
try {
  for (const transport of TRANSPORTS.filter((one) => transports.includes(one)))
    for (const lagMs of lagsMs) {
      const of = Math.ceil(answers / lagsMs.length);
      const outcomes = await measure(transport, lagMs, of);
      const right = outcomes.get('right') ?? 0;
      rows.push({ transport, lagMs, right, of });
      process.stdout.write(
        `${transport.padEnd(14)} ${String(lagMs).padStart(3)} ms  ${String(right)} of ${String(of)} right\n`,
      );
      for (const [outcome, count] of outcomes)
        if (outcome !== 'right') process.stdout.write(`    ${String(count)} × ${outcome}\n`);
    }
} finally {
  await stopAllChildren();
}
process.stdout.write(`${JSON.stringify({ bench: 'closing-services', rows })}\n`);
if (rows.some(({ right, of }) => right < of)) process.exitCode = 1;
