import { HttpWolfClient, localSocketDial } from '@helix/wolf-client';
import type { ControlPlane } from './control-plane.js';
import { ManagedProcess } from './managed-process.js';
import { RestClient, type RestAnswer } from './rest-client.js';

/** What the simulator says of one desktop. */
export interface SimulatedDesktop {
  readonly lobbyId: string;
  readonly sessionId: string;
  readonly image: string;
  readonly port: number;
  readonly desktopPid: number;
  readonly agentPid: number;
}

/** A simulated GPU host as a process: Wolf, the real agent, desktops. */
export class GpuHost {
  readonly process: ManagedProcess;
  readonly instanceId: string;
  readonly #control: RestClient;
  readonly #wolfSocket: string;

  private constructor(process: ManagedProcess, instanceId: string, ready: Readonly<Record<string, unknown>>) {
    this.process = process;
    this.instanceId = instanceId;
    this.#control = new RestClient(String(ready['controlUrl']), undefined);
    this.#wolfSocket = String(ready['wolfSocket']);
  }

  /** Starts the host and waits until it holds its link. */
  static async start(plane: ControlPlane, instanceId = 'local', args: readonly string[] = []): Promise<GpuHost> {
    const process = ManagedProcess.start(
      'apps/sandbox-simulator/dist/main.js',
      ['--api-url', plane.url, '--instance-id', instanceId, ...args],
      { RUNNER_TOKEN: plane.runnerToken },
    );
    const ready = await process.message('ready');
    await plane.connected(`wolf-${instanceId}`);
    return new GpuHost(process, instanceId, ready);
  }

  async desktops(): Promise<readonly SimulatedDesktop[]> {
    return (await this.#control.get('/desktops')).body as unknown as SimulatedDesktop[];
  }

  async desktop(sessionId: string): Promise<SimulatedDesktop> {
    const desktop = (await this.desktops()).find((one) => one.sessionId === sessionId);
    if (desktop === undefined) throw new Error(`the host has no desktop of ${sessionId}`);
    return desktop;
  }

  /** The sessions whose marker Wolf's lobbies bear, one for each lobby. */
  async lobbySessionIds(): Promise<readonly string[]> {
    const lobbies = await new HttpWolfClient(localSocketDial(this.#wolfSocket)).listLobbies();
    return lobbies.map(({ runner }) => {
      const marker = runner.type === 'docker' ? runner.env.find((entry) => entry.startsWith('HELIX_SESSION_ID=')) : '';
      return marker?.slice('HELIX_SESSION_ID='.length) ?? '';
    });
  }

  /** Wolf's own view: lobbies, exceptions. */
  async wolf(): Promise<Record<string, unknown>> {
    return (await this.#control.get('/wolf')).body;
  }

  /** Moonlight Web's own view: streams, what it could not bear, first messages. */
  async moonlight(): Promise<Record<string, unknown>> {
    return (await this.#control.get('/moonlight')).body;
  }

  /** Streams that run. */
  async streamCount(): Promise<number> {
    return ((await this.moonlight())['sessions'] as readonly unknown[]).length;
  }

  /** What came through the data channels, as `label hex`. */
  async inputs(): Promise<readonly string[]> {
    const answer = await this.#control.get('/moonlight/inputs');
    return (answer.body as unknown as { readonly label: string; readonly hex: string }[]).map(
      ({ label, hex }) => `${label} ${hex}`,
    );
  }

  /** Where buttons were pressed on a desktop, in its own pixels. */
  async clicks(sessionId: string): Promise<readonly { readonly x: number; readonly y: number }[]> {
    const { body } = await this.#control.get(`/desktops/${sessionId}/pointer`);
    return body['clicks'] as { x: number; y: number }[];
  }

  async faults(faults: Readonly<Record<string, unknown>>): Promise<void> {
    expectOk(await this.#control.post('/faults', faults));
  }

  async desktopFault(sessionId: string, fault: Readonly<Record<string, unknown>>): Promise<void> {
    expectOk(await this.#control.post(`/desktops/${sessionId}/fault`, fault));
  }

  /** Kills the host's agent with -9; it is started again after `restartMs`. */
  async killAgent(restartMs: number): Promise<void> {
    expectOk(await this.#control.post('/host-agent/kill', { restartMs }));
  }

  /** Cuts every TCP connection between the host and the API. */
  async cutLinks(): Promise<void> {
    expectOk(await this.#control.post('/link/cut', {}));
  }

  /** SHA-256 of the pictures which the desktop has served, as it counts them itself. */
  async servedPictures(sessionId: string): Promise<readonly string[]> {
    const { port } = await this.desktop(sessionId);
    const answer = await new RestClient(`http://127.0.0.1:${String(port)}`, undefined).get('/__simulator/served');
    return (answer.body as unknown as { readonly sha256: string }[]).map((picture) => picture.sha256);
  }

  async close(): Promise<void> {
    await this.process.stop();
  }
}

function expectOk(answer: RestAnswer): void {
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`the simulator refused: ${String(answer.status)} ${answer.bytes.toString()}`);
  }
}
