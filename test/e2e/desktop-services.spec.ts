import { createHash, randomBytes } from 'node:crypto';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import { RestClient } from '../support/rest-client.js';

const MEGABYTE = 1024 * 1024;
/** One for each class of traffic. */
const KEPT_STREAMS_MAX = 2;

describe('a desktop that takes files, runs commands and shows its log', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let user: RestClient;
  let id: string;
  let base: string;

  beforeAll(async () => {
    plane = await ControlPlane.start({ DESKTOP_EXEC_ENABLED: 'true', LOG_LEVEL: 'debug' });
    host = await GpuHost.start(plane);
    user = await plane.user('alice');
    id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
    base = `/api/v1/external-agents/${id}`;
    await plane.connected(`sandbox-${id}`);
  });

  afterAll(async () => {
    await host.close();
    await plane.close();
  });

  async function upload(bytes: Buffer<ArrayBuffer>, name: string): Promise<Record<string, unknown>> {
    const form = new FormData();
    form.set('file', new Blob([bytes]), name);
    const response = await fetch(`${plane.url}${base}/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.key ?? ''}` },
      body: form,
    });
    const body = (await response.json()) as Record<string, unknown>;
    expect([response.status, body['code']]).toEqual([200, undefined]);
    return body;
  }

  /** Of the desktop alone: its host's link always carries the feed of Wolf's events. */
  async function openStreams(): Promise<number> {
    const desktop = (await plane.runners()).find((one) => one['id'] === `sandbox-${id}`);
    return Number(desktop?.['open_streams'] ?? 0);
  }

  async function metric(name: string): Promise<number> {
    const text = (await plane.admin.get('/metrics')).bytes.toString();
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
  }

  function follow(signal: AbortSignal): Promise<Response> {
    return fetch(`${plane.url}${base}/logs?follow=true&lines=1`, {
      headers: { authorization: `Bearer ${user.key ?? ''}` },
      signal,
    });
  }

  it('takes 50 MB byte for byte, again and again, while memory stays bounded', async () => {
    const bytes = randomBytes(50 * MEGABYTE);
    // The first one warms up what later ones find.
    const first = await upload(bytes, 'big.bin');
    expect(first).toMatchObject({ size: bytes.length, filename: 'big.bin' });
    const before = await metric('process_resident_memory_bytes');
    let mostBytes = before;
    const watching = setInterval(() => {
      void metric('process_resident_memory_bytes').then((now) => (mostBytes = Math.max(mostBytes, now)));
    }, 100);
    for (let round = 1; round <= 4; round += 1) {
      expect(await upload(bytes, 'big.bin')).toMatchObject({ filename: `big-${String(round)}.bin` });
    }
    clearInterval(watching);
    const { port } = await host.desktop(id);
    const desktop = new RestClient(`http://127.0.0.1:${String(port)}`, undefined);
    const stored = (await desktop.get('/__simulator/uploads')).body as unknown as { sha256: string }[];
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(stored.map((file) => file.sha256)).toEqual([sha256, sha256, sha256, sha256, sha256]);
    // Were they collected, five of them would be there for a moment at least, and one all the time.
    expect(mostBytes - before).toBeLessThan(48 * MEGABYTE);
  }, 120_000);

  it('runs allowed commands, and logs one line for each: who ran what', async () => {
    const ran = await user.post(`${base}/exec`, { command: ['echo', 'private-word'], env: { A: 'private-value' } });
    expect(ran.body).toEqual({ success: true, exit_code: 0, output: 'private-word\n', truncated: false });
    const refused = await user.post(`${base}/exec`, { command: ['sh', '-c', 'id'] });
    expect([refused.status, refused.body['code']]).toEqual([403, 'EXEC_FORBIDDEN']);
    const large = await user.post(`${base}/exec`, { command: ['seq', '1', '300000'] });
    expect(large.body).toMatchObject({ success: true, truncated: true });
    expect(Buffer.byteLength(String(large.body['output']))).toBe(MEGABYTE);
    const late = await user.post(`${base}/exec`, { command: ['sleep', '60'], timeout: 0.3 });
    expect(late.body).toMatchObject({ success: false, error: 'the command took too long' });
    const audit = plane.api.lines.filter((line) => line.includes('"audit":"desktop-exec"'));
    expect(audit.filter((line) => line.includes('"program":"echo"'))).toHaveLength(2);
    for (const line of audit) expect(line).toMatch(new RegExp(`"userId":"alice".*"sessionId":"${id}"`));
    expect(plane.api.lines.join('\n')).not.toContain('private-');
  });

  it('shows its own log, and a reader who follows it and leaves keeps no stream', async () => {
    await user.get(`${base}/clipboard`);
    const { logs } = (await user.get(`${base}/logs?lines=1`)).body as { logs: string[] };
    expect(logs).toEqual([expect.stringMatching(/^\d{4}-\S+ GET \/clipboard 200$/)]);
    await eventually(async () => {
      expect(await openStreams()).toBeLessThanOrEqual(KEPT_STREAMS_MAX);
    });
    const before = await openStreams();
    const leave = new AbortController();
    const readers = await Promise.all([1, 2, 3].map(() => follow(leave.signal)));
    await eventually(async () => {
      expect(await openStreams()).toBeGreaterThanOrEqual(3);
    });
    await user.get(`${base}/clipboard`);
    for (const reader of readers) {
      const piece = await reader.body?.getReader().read();
      const [line] = Buffer.from(piece?.value ?? [])
        .toString()
        .split('\n');
      expect(JSON.parse(line ?? '')).toMatchObject({ stream: 'stdout', line: 'GET /clipboard 200' });
    }
    leave.abort();
    await eventually(async () => {
      expect(await openStreams()).toBeLessThanOrEqual(Math.max(before, KEPT_STREAMS_MAX));
    });
  });

  it('tells how it is', async () => {
    const { desktopPid } = await host.desktop(id);
    expect((await user.get(`${base}/stats`)).body).toMatchObject({
      session_id: id,
      pid: desktopPid,
      display_num: 1,
      status: 'running',
      link: { connected: true },
      desktop: { status: 'ok', pid: desktopPid },
    });
    const links = await user.get('/api/v1/external-agents/connections');
    expect(links.body).toMatchObject([{ session_id: id, status: 'connected' }]);
  });

  it('says so when its image has none of it', async () => {
    await host.desktopFault(id, { mode: 'old' });
    const form = new FormData();
    form.set('file', new Blob(['x']), 'x');
    const response = await fetch(`${plane.url}${base}/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.key ?? ''}` },
      body: form,
    });
    expect([response.status, await response.json()]).toMatchObject([501, { code: 'DESKTOP_UNSUPPORTED' }]);
    expect((await user.post(`${base}/exec`, { command: ['echo'] })).body['code']).toBe('DESKTOP_UNSUPPORTED');
    expect((await user.get(`${base}/logs?follow=true`)).body['code']).toBe('DESKTOP_UNSUPPORTED');
    expect((await user.get(`${base}/stats`)).body).toMatchObject({ pid: null, desktop: { status: 'ok' } });
    await host.desktopFault(id, { mode: 'ok' });
  });

  it('a desktop killed in the middle ends its log stream with a last event', async () => {
    const reader = await follow(AbortSignal.timeout(30_000));
    const { desktopPid } = await host.desktop(id);
    process.kill(desktopPid, 'SIGKILL');
    const lines = (await reader.text()).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      stream: 'helix',
      end: expect.stringMatching(/^(UPSTREAM_INVALID|LINK_LOST)$/) as string,
    });
    await eventually(async () => {
      expect(await openStreams()).toBe(0);
    });
  });
});

describe('a control plane that closes', () => {
  it('does not wait for logs that are followed', async () => {
    const plane = await ControlPlane.start({ SHUTDOWN_GRACE_MS: '20000' });
    const host = await GpuHost.start(plane);
    const user = await plane.user('alice');
    const id = String((await user.post('/api/v1/external-agents', {})).body['session_id']);
    await plane.connected(`sandbox-${id}`);
    const reader = await fetch(`${plane.url}/api/v1/external-agents/${id}/logs?follow=true`, {
      headers: { authorization: `Bearer ${user.key ?? ''}` },
    });
    const startedAt = performance.now();
    const closing = plane.close();
    const lines = (await reader.text()).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ end: 'SHUTTING_DOWN' });
    await closing;
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await host.close();
  });
});
