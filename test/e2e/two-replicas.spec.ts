import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import { freePort } from '../support/free-port.js';
import { ManagedProcess } from '../support/managed-process.js';
import { createTestDatabase } from '../support/postgres.js';
import { RestClient, type RestAnswer } from '../support/rest-client.js';

const GRACE_MS = 2_000;
/** Longer than the second process waits for the hosts that it finds in the database. */
const WATCHED_MS = 3 * GRACE_MS;

describe('a second process on one database', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let sessionId: string;
  let second: Awaited<ReturnType<ControlPlane['startReplica']>>;
  const processes: ManagedProcess[] = [];

  beforeAll(async () => {
    plane = await ControlPlane.start({ RUNNER_GRACE_MS: String(GRACE_MS) });
    host = await GpuHost.start(plane, 'gpu-1');
    sessionId = String((await plane.admin.post('/api/v1/external-agents', {})).body['session_id']);
    await plane.connected(`sandbox-${sessionId}`);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    await host.close();
    await plane.close();
  }, 60_000);

  async function start(): Promise<void> {
    second = await plane.startReplica();
    processes.push(second.process);
  }

  const factsOf = async (): Promise<unknown> => ({
    hosts: await plane.rows('SELECT id, status, link_connected, link_id, link_changed_at FROM wolf_instances'),
    session: await plane.rows(
      `SELECT id, state, desired, lobby_id, generation, version, reason FROM sessions WHERE id = '${sessionId}'`,
    ),
    picture: (await plane.admin.get(`/api/v1/external-agents/${sessionId}/screenshot`)).status,
  });

  async function changesNothing(): Promise<void> {
    const before = await factsOf();
    const endsAtMs = performance.now() + WATCHED_MS;
    while (performance.now() < endsAtMs) {
      expect(await factsOf()).toEqual(before);
      await delay(250);
    }
  }

  const stop = (answer: RestAnswer): Promise<RestAnswer> =>
    plane.admin.delete(`/api/v1/external-agents/${String(answer.body['session_id'])}`);

  it('starts, waits for the hosts of the first in vain, and changes nothing of theirs', async () => {
    await start();
    await changesNothing();
    const created = await plane.admin.post('/api/v1/external-agents', {});
    expect([created.status, created.body['status']]).toEqual([200, 'running']);
    expect((await stop(created)).status).toBe(200);
  }, 60_000);

  it('creates a session that the first, which has the host, starts; and stops it alike', async () => {
    const created = await second.admin.post('/api/v1/external-agents', {});
    expect([created.status, created.body['status']]).toEqual([200, 'running']);
    const id = String(created.body['session_id']);
    expect(await host.lobbySessionIds()).toContain(id);
    expect((await second.admin.delete(`/api/v1/external-agents/${id}`)).status).toBe(200);
    expect(await host.lobbySessionIds()).not.toContain(id);
  }, 60_000);

  it('is killed and started again, and changes nothing of theirs either time', async () => {
    second.process.kill('SIGKILL');
    await second.process.exit;
    await changesNothing();
    await start();
    await changesNothing();
    const created = await plane.admin.post('/api/v1/external-agents', {});
    expect([created.status, created.body['status']]).toEqual([200, 'running']);
    await stop(created);
  }, 60_000);

  it('outlives the first: its hosts are lost when its lease is over, and not before', async () => {
    await plane.crash();
    const linked = (): Promise<readonly Record<string, unknown>[]> =>
      plane.rows(`SELECT link_connected AS linked,
        EXISTS (SELECT FROM replicas r WHERE r.id = split_part(link_id, '/', 1) AND r.lease_until > now()) AS lives FROM wolf_instances`);
    await eventually(async () => {
      const [row] = await linked();
      if (row?.['lives'] === true) expect(row['linked']).toBe(true);
      expect(row).toEqual({ linked: false, lives: false });
    }, 45_000);
    await plane.restart();
    await eventually(async () => {
      expect(await linked()).toEqual([{ linked: true, lives: true }]);
      expect((await plane.admin.get(`/api/v1/external-agents/${sessionId}/screenshot`)).status).toBe(200);
    }, 30_000);
  }, 120_000);
});

describe('two processes that start at the same moment on an empty database', () => {
  it('both serve', async () => {
    const database = await createTestDatabase();
    const processes = await Promise.all(
      ['', ''].map(async () => {
        const port = String(await freePort());
        const process = ManagedProcess.start('apps/api/dist/main.js', [], {
          HOST: '127.0.0.1',
          PORT: port,
          DATABASE_URL: database.url,
          RUNNER_TOKEN: 'runner-token-of-this-test',
        });
        return { process, client: new RestClient(`http://127.0.0.1:${port}`, undefined) };
      }),
    );
    for (const { process, client } of processes) {
      await process.message('ready');
      expect((await client.get('/readyz')).status).toBe(200);
    }
    for (const { process } of processes) expect(await process.stop()).toEqual({ code: 0, signal: null });
    await database.drop();
  }, 60_000);
});
