import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { pino } from 'pino';

import { eventually } from '@helix/pacing/testing';
import { Heartbeat, type HeartbeatDialect } from './heartbeat.js';

interface Beat {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

describe('the heartbeat of a host', () => {
  const beats: Beat[] = [];
  let server: Server;
  let heartbeat: Heartbeat;
  let statuses: number[];

  const beating = (dialect: HeartbeatDialect, intervalMs: number): Heartbeat =>
    new Heartbeat({
      apiUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
      instanceId: 'gpu-1',
      runnerToken: 'secret',
      dialect,
      intervalMs,
      host: {
        gpuVendor: 'amd',
        gpuType: 'W7900',
        renderNode: '/dev/dri/renderD129',
        maxSandboxes: 4,
        swayVersion: 'abc',
        gpuMemoryMb: 49_140,
      },
      logger: pino({ level: 'silent' }),
    });

  beforeEach(async () => {
    beats.length = 0;
    statuses = [];
    server = createServer((req, res) => {
      void json(req).then((body) => {
        beats.push({ path: `${req.method ?? ''} ${req.url ?? ''}`, authorization: req.headers.authorization, body });
        res.writeHead(statuses.shift() ?? 200).end('{"status":"ok"}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    await heartbeat.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('says what the host is and how full its disk is', async () => {
    heartbeat = beating('wolf-instances', 60_000);
    heartbeat.beat();
    await eventually(() => {
      expect(heartbeat.acceptedCount).toBe(1);
    });
    expect(beats[0]).toMatchObject({
      path: 'POST /api/v1/wolf-instances/gpu-1/heartbeat',
      authorization: 'Bearer secret',
      body: {
        sway_version: 'abc',
        gpu_vendor: 'amd',
        gpu_type: 'W7900',
        render_node: '/dev/dri/renderD129',
        max_sandboxes: 4,
        container_usage: [],
        disk_usage: [
          { mount_point: '/', total_bytes: expect.any(Number) as number, alert_level: expect.any(String) as string },
        ],
      },
    });
  });

  it('speaks the later dialect when asked to', async () => {
    heartbeat = beating('later', 60_000);
    heartbeat.beat();
    await eventually(() => {
      expect(beats).toHaveLength(1);
    });
    expect(beats[0]).toMatchObject({
      path: 'POST /api/v1/sandboxes/gpu-1/heartbeat',
      body: {
        desktop_versions: { sway: 'abc' },
        gpus: [{ name: 'W7900', memory_total_mb: 49_140 }],
        service_health: {},
      },
    });
  });

  it.each(['wolf-instances', 'later'] as const)(
    'tells in %s at once that its disk fills up, and frees',
    async (dialect) => {
      heartbeat = beating(dialect, 60_000);
      heartbeat.beat();
      heartbeat.setDiskUsedPercent(96);
      await eventually(() => {
        expect(beats.at(-1)?.body).toMatchObject({ disk_usage: [{ used_percent: 96, alert_level: 'critical' }] });
      });
      heartbeat.setDiskUsedPercent(80);
      await eventually(() => {
        expect(beats.at(-1)?.body).toMatchObject({ disk_usage: [{ used_percent: 80, alert_level: 'warning' }] });
      });
      heartbeat.setDiskUsedPercent(undefined);
      await eventually(() => {
        expect(beats.at(-1)?.body).not.toMatchObject({ disk_usage: [{ used_percent: 80 }] });
      });
    },
  );

  it('tries again soon while the host is not yet known, and then keeps its interval', async () => {
    statuses = [404];
    heartbeat = beating('wolf-instances', 60_000);
    heartbeat.beat();
    await eventually(() => {
      expect(heartbeat.acceptedCount).toBe(1);
    });
    expect(beats).toHaveLength(2);
  });

  it('goes on at its interval, also after a refusal', async () => {
    statuses = [200, 500, 200];
    heartbeat = beating('wolf-instances', 10);
    heartbeat.beat();
    await eventually(() => {
      expect(heartbeat.acceptedCount).toBeGreaterThan(1);
    });
  });

  it('sends one now when told to, and none after it was closed', async () => {
    heartbeat = beating('wolf-instances', 60_000);
    heartbeat.beat();
    await eventually(() => {
      expect(heartbeat.acceptedCount).toBe(1);
    });
    heartbeat.beat();
    await eventually(() => {
      expect(heartbeat.acceptedCount).toBe(2);
    });
    await heartbeat.close();
    heartbeat.beat();
    await heartbeat.close();
    expect(beats).toHaveLength(2);
  });
});
