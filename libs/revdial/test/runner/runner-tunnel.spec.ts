import { once } from 'node:events';
import { RUNNER_TIMINGS } from '@helix/revdial';
import type { DialBackTransport } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { ApiDouble, connReady } from './support/api-double.js';
import { unusedPort } from './support/local-service.js';
import type { LocalService } from './support/local-service.js';
import { TOKEN, startTunnel } from './support/start-tunnel.js';
import { TunnelRig } from './support/tunnel-rig.js';

describe.each<DialBackTransport>(['hijack', 'websocket'])('a runner tunnel over %s', (transport) => {
  let rig: TunnelRig;
  let api: ApiDouble;
  let service: LocalService;

  beforeEach(async () => {
    rig = await TunnelRig.create(transport);
    api = rig.api;
  });

  afterEach(async () => {
    await rig.close();
  });

  it('connects with its id and its token, which is in no log line', async () => {
    service = await rig.serve();
    const { logger, tunnel } = await rig.connect(service);
    expect(tunnel.transport).toBe(transport);
    expect(api.control).toMatchObject({ transport, runnerId: 'wolf-test' });
    expect(api.requests[0]).toMatchObject({ authorization: `Bearer ${TOKEN}` });
    expect(logger.find('connected')?.fields).toMatchObject({ transport, why: 'as configured' });
    expect(JSON.stringify(logger.lines)).not.toContain(TOKEN);
  });

  it('ignores a path that is not one of ours and a command it does not know', async () => {
    service = await rig.serve();
    const { logger } = await rig.connect(service);
    api.control.write(
      '{"command":"conn-ready","connPath":"http://elsewhere/revdial?a"}\n{"command":"dance","steps":3}\n',
    );
    await eventually(() => expect(logger.find('ignored a pick-up whose path is not one of ours')).toBeDefined());
    const websocket = await api.dial();
    expect(websocket.readyState).toBe(websocket.OPEN);
    expect(api.controls).toHaveLength(1);
  });

  it.each([
    ['not JSON', 'hello\n', 'protocol-violation'],
    ['too long', `{"command":"${'x'.repeat(5000)}"}\n`, 'protocol-violation'],
  ])('ends a link whose line is %s, and comes back', async (_what, line, reason) => {
    service = await rig.serve();
    const { logger } = await rig.connect(service);
    api.control.write(line);
    await eventually(() => expect(api.controls).toHaveLength(2));
    expect(logger.find('lost')?.fields).toMatchObject({ transport, reason });
  });

  it('takes a link that says nothing for dead, and comes back', async () => {
    service = await rig.serve();
    api.keepAliveIntervalMs = 0;
    const timings = { hijackSilenceLimitMs: 100, websocketSilenceLimitMs: 100, pingIntervalMs: 10_000 };
    const { logger } = await rig.connect(service, api.url, timings);
    await eventually(() => expect(api.controls.length).toBeGreaterThanOrEqual(2));
    expect(logger.find('lost')?.fields).toMatchObject({ reason: 'peer-silent' });
    expect(api.controls[0]?.isOpen()).toBe(false);
  });

  it('answers keep-alives where the wire has no pings, and not before the hijack has settled', async () => {
    service = await rig.serve();
    const askedAtMs = performance.now();
    await rig.connect(service, api.url, { pingIntervalMs: 300 });
    const { keepAliveAnswerTimesMs } = api.control;
    if (transport === 'websocket') {
      const { websocket } = api.control;
      const ping = new Promise((resolve) => websocket?.once('ping', resolve));
      await ping;
      expect(keepAliveAnswerTimesMs).toEqual([]);
    } else {
      await eventually(() => expect(keepAliveAnswerTimesMs.length).toBeGreaterThan(2));
      expect((keepAliveAnswerTimesMs[0] ?? 0) - askedAtMs).toBeGreaterThan(RUNNER_TIMINGS.keepAliveAnswerDelayMs);
    }
  });

  it('closing: lets a request finish, refuses new dials, closes a kept stream', async () => {
    let answerNow: () => void = () => undefined;
    service = await rig.serve((socket) => {
      socket.on('data', (question) => {
        if (question.toString() === 'slow') answerNow = () => void socket.write('slow answer');
        else socket.write('quick answer');
      });
    });
    const { tunnel } = await rig.connect(service);
    const kept = await api.dial();
    kept.send(Buffer.from('quick'));
    await once(kept, 'message');
    const slow = await api.dial();
    slow.send(Buffer.from('slow'));
    await eventually(() => expect(service.connections).toHaveLength(2));

    const { control } = api;
    const closing = tunnel.close(5_000);
    await once(kept, 'close');
    control.write(connReady('b'.repeat(32)));
    await eventually(() => expect(control.lines[0]).toContain('the runner is stopping'));
    expect(control.isOpen()).toBe(true);
    const answered = once(slow, 'message') as Promise<[Buffer]>;
    answerNow();
    expect((await answered)[0].toString()).toBe('slow answer');
    await closing;
    expect(await tunnel.closed).toEqual({ reason: 'stopped' });
    await eventually(() => expect(control.isOpen()).toBe(false));
  });

  it('cuts what has not finished when the grace is over', async () => {
    service = await rig.serve(() => undefined);
    const { tunnel } = await rig.connect(service);
    const websocket = await api.dial();
    websocket.send(Buffer.from('never answered'));
    await eventually(() => expect(service.connections).toHaveLength(1));
    const closed = once(websocket, 'close');
    await tunnel.close(300);
    await closed;
    expect(tunnel.openStreamCount).toBe(0);
    expect(tunnel.state).toBe('stopped');
  });
});

describe('a runner tunnel over WebSocket', () => {
  it('pings, takes the answers for life, and tells the close code of a lost link', async () => {
    const api = await ApiDouble.start();
    api.keepAliveIntervalMs = 0;
    const { tunnel, logger } = startTunnel(
      api.url,
      { kind: 'tcp', host: '127.0.0.1', port: await unusedPort() },
      {
        transport: 'websocket',
        timings: { pingIntervalMs: 30, websocketSilenceLimitMs: 150 },
      },
    );
    await eventually(() => expect(tunnel.state).toBe('connected'));
    const { websocket } = api.control;
    let pingCount = 0;
    websocket?.on('ping', () => {
      pingCount += 1;
    });
    await eventually(() => expect(pingCount).toBeGreaterThan(10));
    expect(api.controls).toHaveLength(1);
    websocket?.close(4001, 'superseded');
    await eventually(() =>
      expect(logger.find('lost')?.fields).toMatchObject({ detail: 'closed with 4001 superseded' }),
    );
    tunnel.destroy();
    await api.close();
  });

  it.each<[string, string | Buffer, string]>([
    ['text', '{"command":"keep-alive"}\n', 'protocol-violation'],
    ['more than 64 KiB in one frame', Buffer.alloc(70_000, '\n'), 'error'],
  ])('ends a link that sends %s', async (_what, frame, reason) => {
    const api = await ApiDouble.start();
    const local = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;
    const { tunnel, logger } = startTunnel(api.url, local, { transport: 'websocket' });
    await eventually(() => expect(tunnel.state).toBe('connected'));
    api.control.websocket?.send(frame);
    await eventually(() => expect(logger.find('lost')?.fields).toMatchObject({ reason }));
    tunnel.destroy();
    await api.close();
  });
});
