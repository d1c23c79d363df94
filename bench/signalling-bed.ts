import { connected } from './bed-calls.js';
import { BenchChild } from './child.js';
import { SessionsBed } from './sessions-bed.js';

const SESSIONS_COUNT = 8;
const CREDENTIALS = 'of-the-benchmark';

/** The bed of `sessions`, and behind each of its hosts' signalling tunnels a host that sends back what it gets. */
export class SignallingBed {
  readonly apiUrl: string;
  readonly userKey: string;
  readonly directUrls: readonly string[];
  readonly proxiedUrls: readonly string[];
  readonly pictureUrls: readonly string[];
  readonly #bed: SessionsBed;

  private constructor(bed: SessionsBed, sessionIds: readonly string[], hostPort: number) {
    this.#bed = bed;
    this.apiUrl = bed.apiUrl;
    this.userKey = bed.userKey;
    this.directUrls = [`ws://127.0.0.1:${String(hostPort)}/api/host/stream`];
    this.proxiedUrls = sessionIds.map((id) => `${bed.apiUrl.replace(/^http/, 'ws')}/api/v1/sessions/${id}/stream`);
    this.pictureUrls = sessionIds.map((id) => `${bed.apiUrl}/api/v1/external-agents/${id}/screenshot`);
  }

  /** Leaves nothing behind when it fails. */
  static async start(viewersMax: number): Promise<SignallingBed> {
    const bed = await SessionsBed.start(SESSIONS_COUNT, 750, {
      MOONLIGHT_CREDENTIALS: CREDENTIALS,
      STREAM_VIEWERS_PER_SESSION: String(viewersMax),
      STREAM_VIEWERS_PER_HOST: String(viewersMax),
    });
    try {
      const host = await BenchChild.start('bench/dist/signalling-host.js');
      const port = Number(host.ready['port']);
      BenchChild.startQuiet('apps/revdial-agent/dist/main.js', {
        args: [
          '--log-level',
          'warn',
          ...bed.hostIds.flatMap((id) => ['--tunnel', `moonlight-${id}=127.0.0.1:${String(port)}`]),
        ],
        environment: { HELIX_API_URL: bed.apiUrl, RUNNER_TOKEN: bed.runnerToken },
      });
      for (const id of bed.hostIds) await connected(bed.apiUrl, bed.adminKey, `moonlight-${id}`);
      return new SignallingBed(bed, await bed.sessions(SESSIONS_COUNT), port);
    } catch (error) {
      await bed.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#bed.close();
  }
}
