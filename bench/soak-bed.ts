import { readdir, readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { CuttingProxy } from '@helix/revdial/testing';
import { until } from './bed-calls.js';
import { BenchChild } from './child.js';

export interface Footprint {
  readonly apiMb: number;
  readonly apiFds: number;
  readonly agentMb: number;
  readonly agentFds: number;
}

/** The API's end of a tunnel, an agent that leads to an echo, and between them what cuts their connection. */
export class SoakBed {
  readonly streamPort: number;
  readonly bulkPort: number;
  readonly #proxy: CuttingProxy;
  readonly #echo: Server;
  readonly #api: BenchChild;
  readonly #agent: BenchChild;

  private constructor(proxy: CuttingProxy, echo: Server, api: BenchChild, agent: BenchChild) {
    this.#proxy = proxy;
    this.#echo = echo;
    this.#api = api;
    this.#agent = agent;
    this.streamPort = Number(api.ready['streamPort']);
    this.bulkPort = Number(api.ready['bulkPort']);
  }

  static async start(transport: string, cutEveryMs: number): Promise<SoakBed> {
    const echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const echoPort = (echo.address() as AddressInfo).port;
    const api = await BenchChild.start('bench/dist/bare-tunnel.js');
    const proxy = await CuttingProxy.listen({ targetPort: Number(api.ready['port']) });
    const agent = BenchChild.startQuiet('apps/revdial-agent/dist/main.js', {
      args: [
        ...['--transport', transport, '--log-level', 'error'],
        ...['--tunnel', `wolf-bench=127.0.0.1:${String(echoPort)}`],
      ],
      environment: { HELIX_API_URL: `http://127.0.0.1:${String(proxy.port)}`, RUNNER_TOKEN: 'bench-token' },
    });
    await until('the tunnel', () => echoes(Number(api.ready['streamPort'])));
    proxy.cutBySchedule({
      seed: 1,
      minMs: cutEveryMs,
      maxMs: cutEveryMs,
      kinds: ['reset', 'half', 'reset', 'silence'],
    });
    return new SoakBed(proxy, echo, api, agent);
  }

  get cutCount(): number {
    return this.#proxy.cutCount;
  }

  async footprint(): Promise<Footprint> {
    const [api, agent] = await Promise.all([footprintOf(this.#api.pid), footprintOf(this.#agent.pid)]);
    return { apiMb: api.mb, apiFds: api.fds, agentMb: agent.mb, agentFds: agent.fds };
  }

  async close(): Promise<void> {
    await this.#agent.stop();
    await this.#api.stop();
    await this.#proxy.close();
    this.#echo.close();
  }
}

async function footprintOf(pid: number): Promise<{ readonly mb: number; readonly fds: number }> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { mb: Math.round(kb / 1024), fds: (await readdir(`/proc/${String(pid)}/fd`)).length };
}

function echoes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('x'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve(false);
    });
  });
}
