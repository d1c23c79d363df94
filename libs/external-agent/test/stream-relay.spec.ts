import { LIMITS } from '../src/limits.js';
import { eventually } from '@helix/pacing/testing';
import { JoinedSockets } from './support/joined-sockets.js';

const SIZE = { width: 1920, height: 1080, fps: 60 };
const SDP = `v=0\r\na=mid:0 “ü”\r\n`;
const offer = (length: number): string =>
  `{"Signaling": {"Description":{"ty":"offer","sdp":${JSON.stringify(SDP + 'x'.repeat(length))}}}}`;

describe('a stream between a browser and a host', () => {
  let joined: JoinedSockets;
  afterEach(async () => {
    await joined.close();
  });

  it('passes each text as one, byte for byte, both ways', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    await eventually(() => {
      expect(joined.host.texts).toHaveLength(1);
    });
    const sent = [offer(0), offer(5_000), offer(60_000)];
    for (const text of sent) joined.page.socket.send(text);
    // Spread over frames by the browser, one frame for the host.
    joined.page.socket.send('{"Signaling":', { fin: false });
    joined.page.socket.send('{"x":1}}', { fin: true });
    for (const text of sent) joined.host.socket.send(text);
    await eventually(() => {
      expect(joined.host.texts.slice(1)).toEqual([...sent, '{"Signaling":{"x":1}}']);
      expect(joined.page.texts).toEqual(sent);
    });
  });

  it('shows the viewer other ICE servers than the host’s, and hears that the stream stands once', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.host.socket.send('{ "WebRtcConfig" : {"ice_servers":"static"}}');
    joined.host.socket.send('{"ConnectionComplete":{}}');
    joined.host.socket.send('{"ConnectionComplete":{}}');
    joined.host.socket.send('"PeerDisconnect"');
    await eventually(() => {
      expect(joined.page.texts).toHaveLength(4);
    });
    expect(joined.page.texts[0]).toBe('{ "WebRtcConfig" : {"ice_servers":"short-lived"}}');
    expect([joined.connectedCount, joined.relay.lastVariant]).toEqual([1, 'PeerDisconnect']);
  });

  it.each([
    ['what is no first message', '{"Signaling":{}}'],
    ['text that is not JSON', 'hello'],
    ['one that is too long', JSON.stringify({ AuthenticateAndInit: { pad: 'x'.repeat(LIMITS.streamInitMaxBytes) } })],
    ['bytes', Buffer.from('{"AuthenticateAndInit":{}}')],
  ])('ends on %s, and the host hears nothing', async (_, message) => {
    joined = await JoinedSockets.open();
    joined.page.socket.send(message);
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 4400']);
    });
    expect(joined.page.texts).toEqual(['{"StageFailed":{"stage":"Proxy","error_code":4400}}']);
    expect([joined.host.texts, joined.causes]).toEqual([[], ['badMessage']]);
  });

  it('waits for the first message for a while only', async () => {
    joined = await JoinedSockets.open();
    joined.relay.check(performance.now() + LIMITS.streamInitMs - 1_000);
    expect(joined.relay.state).toBe('awaiting-init');
    joined.relay.check(performance.now() + LIMITS.streamInitMs + 1_000);
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 4400']);
    });
  });

  it.each([
    ['a second first message', '{"AuthenticateAndInit":{}}', 4400],
    ['broken JSON, which would end the host’s reader', '{"Signaling":', 4400],
    ['bytes, which would end the host’s session', Buffer.from([1]), 1003],
  ])('ends on %s', async (_, message, code) => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.page.socket.send(message);
    await eventually(() => {
      expect(joined.page.controls).toEqual([`close ${String(code)}`]);
    });
    expect([joined.host.texts.length, joined.host.binaries.length]).toEqual([1, 0]);
  });

  it('refuses a message that the host could not take as one frame', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.page.socket.send(offer(4 * LIMITS.streamMessageMaxBytes));
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 1009']);
    });
    expect(joined.host.texts).toHaveLength(1);
  });

  it('closes with 1000 after the host’s last words, since its close has no code', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.host.socket.send('"PeerDisconnect"');
    joined.host.socket.close();
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 1000']);
    });
    expect([joined.page.texts, joined.causes]).toEqual([['"PeerDisconnect"'], ['ended']]);
  });

  it('holds the viewer when the host’s socket breaks, until it is known why', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.host.raw.resetAndDestroy();
    await eventually(() => {
      expect([joined.brokenCount, joined.relay.state]).toEqual([1, 'holding']);
    });
    joined.relay.tell('{"StageStarting":{"stage":"Proxy: host reconnecting, 3 s left"}}');
    joined.relay.end('linkLost');
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 4503']);
    });
    expect(joined.page.texts).toHaveLength(2);
    expect(joined.causes).toEqual(['linkLost']);
  });

  it('ends the host’s session when the viewer leaves, although the host never answers a close', async () => {
    joined = await JoinedSockets.open('helix', true, true);
    joined.init();
    joined.page.socket.close(1000);
    // The viewer is answered at once; the host is given a moment, and then its socket ends.
    await eventually(() => {
      expect(joined.page.controls).toEqual(['close 1000']);
      expect(joined.host.controls).toEqual(['mute close 1005', 'close 1006']);
    }, 2_000);
    expect(joined.causes).toEqual(['viewer-left']);
  });

  it('ends the host’s session when the viewer’s socket breaks', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    await eventually(() => {
      expect(joined.host.texts).toHaveLength(1);
    });
    joined.page.raw.resetAndDestroy();
    await eventually(() => {
      expect(joined.host.controls).toContain('close 1005');
    }, 2_000);
  });

  it('pings the viewer alone, and gives him up when he does not answer', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.page.socket.ping();
    await eventually(() => {
      expect(joined.page.controls).toEqual(['pong']);
    });
    let nowMs = performance.now();
    for (let turn = 1; turn <= LIMITS.streamPingsMissedMax; turn += 1) {
      nowMs += LIMITS.streamPingIntervalMs + 1;
      joined.relay.check(nowMs);
    }
    await eventually(() => {
      expect(joined.page.controls).toEqual(['pong', 'ping', 'ping']);
    });
    expect(joined.relay.state).toBe('relaying');
    joined.relay.check(nowMs + LIMITS.streamPingIntervalMs + 1);
    expect(joined.causes).toEqual(['viewer-silent']);
    await eventually(() => {
      expect(joined.host.controls).toEqual(['close 1005']);
    });
  });

  it('measures the way to a viewer who answers', async () => {
    joined = await JoinedSockets.open();
    joined.page.socket.on('ping', (payload) => {
      joined.page.socket.pong(payload);
    });
    joined.relay.check(performance.now() + LIMITS.streamInitMs - 1);
    expect(joined.relay.browserRttMs).toBeUndefined();
    joined.init();
    await eventually(() => {
      expect(joined.relay.state).toBe('relaying');
    });
    joined.relay.check(performance.now() + LIMITS.streamPingIntervalMs + 1);
    await eventually(() => {
      expect(joined.relay.browserRttMs).toBeDefined();
    });
  });

  it('cuts a viewer who reads nothing before much waits for him', async () => {
    joined = await JoinedSockets.open();
    joined.init();
    joined.page.socket.pause();
    const message = JSON.stringify({ Signaling: { pad: 'x'.repeat(60_000) } });
    let sentCount = 0;
    await eventually(() => {
      for (let each = 0; each < 20 && joined.causes.length === 0; each += 1, sentCount += 1) {
        joined.host.socket.send(message);
      }
      expect(joined.causes).toEqual(['tooSlow']);
    }, 10_000);
    // The host was read to the end all the while.
    expect(joined.host.socket.bufferedAmount).toBeLessThan(sentCount * message.length);
  });
});

describe('what a host is asked for', () => {
  it.each([
    ['helix', '/api/host/stream', undefined],
    ['v2', '/api/host/stream', 'helix'],
    ['v3', '/api/host/stream/web_socket', 'helix'],
  ] as const)('of the dialect %s is %s', async (dialect, path, user) => {
    const joined = await JoinedSockets.open(dialect);
    const { url, headers } = joined.asked;
    expect([url, headers['x-forwarded-user'], headers.authorization]).toEqual([path, user, 'Bearer secret']);
    expect([headers.cookie, headers['sec-websocket-extensions'], headers['sec-websocket-protocol']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await joined.close();
  });
});

describe('a host of a later version', () => {
  let joined: JoinedSockets;
  afterEach(async () => {
    await joined.close();
  });

  it('gets and sends media over the socket', async () => {
    joined = await JoinedSockets.open('v2');
    joined.init('Init');
    joined.page.socket.send('{"SetTransport":"WebRTC"}');
    joined.page.socket.send(Buffer.from([4, 1, 2]));
    const keyFrame = Buffer.alloc(2 * 1024 * 1024, 2);
    joined.host.socket.send(keyFrame);
    await eventually(() => {
      expect(joined.host.texts).toHaveLength(2);
      expect(joined.host.binaries).toEqual([Buffer.from([4, 1, 2])]);
      expect(joined.page.binaries[0]?.equals(keyFrame)).toBe(true);
    });
  });

  it.each([
    ['{"StartStream":{"bitrate":1,"width":1360,"height":656,"fps":30}}', { bitrate: 1 }],
    ['{"StartStream":{"settings":{"width":1360,"hdr":false}}}', { settings: { ...SIZE, hdr: false } }],
    ['{"StartStream":{"width":1,"settings":{},"x":[1]}}', { settings: SIZE, x: [1] }],
    ['{"Start\\u0053tream":{"width":1}, "StartStream":{"height":1}}', {}],
  ])('is asked for the size of the desktop by %s', async (message, others) => {
    joined = await JoinedSockets.open('v2');
    joined.init('Init');
    joined.page.socket.send(message);
    await eventually(() => {
      expect(joined.host.texts).toHaveLength(2);
    });
    expect(JSON.parse(joined.host.texts[1] ?? '')).toEqual({ StartStream: { ...SIZE, ...others } });
  });

  it.each(['{"StartStream":null}', '{"StartStream":[1]}', '"StartStream"', '{"StartStream":{"settings":[]}}'])(
    'is not asked to start by %s',
    async (message) => {
      joined = await JoinedSockets.open('v2');
      joined.init('Init');
      joined.page.socket.send(message);
      await eventually(() => {
        expect(joined.page.controls).toEqual(['close 4400']);
      });
      expect(joined.host.texts).toHaveLength(1);
    },
  );

  it('gets no input of one who may only watch', async () => {
    joined = await JoinedSockets.open('v2', false);
    joined.init('Init');
    joined.page.socket.send(Buffer.from([4, 1, 2]));
    joined.page.socket.send('{"SetTransport":"WebSocket"}');
    await eventually(() => {
      expect(joined.host.texts).toHaveLength(2);
    });
    expect(joined.host.binaries).toEqual([]);
  });

  it.each(['{"SetTransport":"WebRTC"}', '{"WebRtc":{"Description":{"ty":"offer","sdp":"v=0"}}}'])(
    'a view-only viewer may not say %s: input would pass by the proxy',
    async (message) => {
      joined = await JoinedSockets.open('v2', false);
      joined.init('Init');
      joined.page.socket.send(message);
      await eventually(() => {
        expect(joined.page.controls).toEqual(['close 4400']);
      });
      expect(joined.host.texts).toHaveLength(1);
    },
  );
});
