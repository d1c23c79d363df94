import { SessionStreams, type SessionId } from '@helix/external-agent';
import { runnerIdOf, RunnerPresence } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { ApiInProcess } from './support/api-in-process.js';
import { MOONLIGHT_SECRET, StreamingHost } from './support/streaming-host.js';
import { ViewerSocket } from './support/viewer-socket.js';

const VIEWERS = 200;
const AT_ONCE = 8;

describe('many viewers', () => {
  let api: ApiInProcess;
  let host: StreamingHost;
  let key: string;
  let url: string;
  beforeAll(async () => {
    api = await ApiInProcess.start({
      MOONLIGHT_CREDENTIALS: MOONLIGHT_SECRET,
      STREAM_VIEWERS_PER_SESSION: '50',
      STREAM_VIEWERS_PER_HOST: '50',
    });
    host = await StreamingHost.connect(api, 'gpu-1');
    key = await api.userKey('owner');
    const id = (await api.as(key).post('/api/v1/external-agents', {})).body['session_id'] as SessionId;
    url = `${api.url}/api/v1/sessions/${id}/stream`;
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  const openStreams = (): number => {
    const link = api.api.app.get(RunnerPresence).find(runnerIdOf('moonlight', 'gpu-1'));
    return link?.state === 'connected' ? link.stats.openStreamCount : -1;
  };
  const nothingIsLeft = async (): Promise<void> => {
    await eventually(() => {
      expect([api.api.app.get(SessionStreams).openCount, openStreams(), host.streamCount]).toEqual([0, 0, 0]);
    });
  };

  it('come and go, some politely and some not, and leave nothing behind', async () => {
    let next = 0;
    const come = async (): Promise<void> => {
      while (next < VIEWERS) {
        const turn = next++;
        const viewer = await ViewerSocket.open(`${url}?viewer=${String(turn)}`, key);
        // A third of them leaves before the stream stands.
        if (turn % 3 > 0) await viewer.until('"WebRtcConfig"');
        if (turn % 2 > 0) viewer.socket.close();
        else viewer.close();
        await eventually(() => {
          expect(viewer.closed).toBeDefined();
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, come));
    expect(next).toBe(VIEWERS);
    await nothingIsLeft();
  }, 60_000);

  it('who do not read delay neither other viewers nor the host’s own messages', async () => {
    const idle = await ViewerSocket.open(`${url}?viewer=idle`, key);
    idle.socket.pause();
    const busy = await ViewerSocket.open(`${url}?viewer=busy`, key);
    await busy.untilConnected();
    const admin = api.as(await api.userKey('root', true));
    const status = await admin.get('/api/v1/moonlight/status?wolf_instance_id=gpu-1');
    expect([status.status, status.body['total_sessions']]).toEqual([200, 2]);
    idle.close();
    busy.close();
    await nothingIsLeft();
  });

  it('who leave while their host is still asked leave nothing there', async () => {
    host.moonlight.faults.slowStartMs = 300;
    const viewers = await Promise.all(
      Array.from({ length: 10 }, (_, turn) => ViewerSocket.open(`${url}?viewer=slow-${String(turn)}`, key)),
    );
    for (const viewer of viewers) viewer.close();
    await nothingIsLeft();
    host.moonlight.faults.slowStartMs = 0;
  });
});
