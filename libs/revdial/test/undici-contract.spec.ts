import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '@helix/pacing/testing';
import { Client, type Dispatcher } from 'undici';

type Connect = (ours: Duplex, hand: (socket: Duplex | null) => void) => void;

/** Nothing of this is documented by undici; each test says what of `src/http` relies on it. */
describe('what undici does', () => {
  let clients: Client[];

  beforeEach(() => {
    clients = [];
  });

  afterEach(() => Promise.all(clients.map((client) => client.destroy())));

  /** A client on one end of a pair; what it sends and what becomes of its request is collected. */
  function start(connect: Connect) {
    const [ours, far] = duplexPair();
    const seen = { sent: '', body: '', outcome: 'none', connectCount: 0 };
    far.on('data', (bytes: Buffer) => (seen.sent += bytes.toString()));
    ours.on('error', () => undefined);
    const client = new Client('http://localhost', {
      connect: (_options, callback) => {
        seen.connectCount += 1;
        connect(ours, (socket) => {
          if (socket === null) callback(new Error('no more connections'), null);
          else callback(null, socket as unknown as Socket);
        });
      },
    });
    clients.push(client);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (_controller, chunk) => {
        seen.body += chunk.toString();
      },
      onResponseEnd: () => (seen.outcome = 'complete'),
      onResponseError: (_controller, error) => (seen.outcome = `failed: ${error.message}`),
    };
    const request = (): boolean => client.dispatch({ path: '/', method: 'GET' }, handler);
    request();
    return { ours, far, seen, request };
  }

  const later: Connect = (ours, hand) => {
    queueMicrotask(() => {
      hand(ours);
    });
  };

  /** Relied on by `HttpStream`, which hands its stream over in a microtask. */
  it('connection handed over within connect -> nothing is sent; in a microtask -> the request is', async () => {
    const early = start((ours, hand) => {
      hand(ours);
    });
    const { seen } = start(later);
    await eventually(() => expect(seen.sent).toMatch(/^GET \/ HTTP\/1\.1\r\n/));
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(early.seen.sent).toBe('');
  });

  /** Relied on by `HttpStream.destroy`, which never destroys without an error. */
  it('stream destroyed in an answer without length -> complete; destroyed with an error -> failed', async () => {
    for (const [error, outcome] of [
      [undefined, 'complete'],
      [new Error('given up'), 'failed: given up'],
    ] as const) {
      const { ours, far, seen } = start(later);
      await eventually(() => expect(seen.sent).not.toBe(''));
      far.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf');
      await eventually(() => expect(seen.body).toBe('half'));
      ours.destroy(error);
      await eventually(() => expect(seen.outcome).toBe(outcome));
    }
  });

  /** Relied on by `InterimAnswers`, which takes interim answers out of the bytes. */
  it('100 Continue that was not asked for -> the request fails', async () => {
    const { far, seen } = start(later);
    await eventually(() => expect(seen.sent).not.toBe(''));
    far.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => expect(seen.outcome).toMatch(/^failed: /));
  });

  /** Relied on by `HttpStream`, whose `connect` refuses the second call so that no client makes a connection of its own. */
  it('connection lost -> the next request asks connect again, and fails with its error', async () => {
    let isTaken = false;
    const { ours, far, seen, request } = start((stream, hand) => {
      queueMicrotask(() => {
        hand(isTaken ? null : stream);
        isTaken = true;
      });
    });
    await eventually(() => expect(seen.sent).not.toBe(''));
    far.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => expect(seen.outcome).toBe('complete'));
    ours.destroy(new Error('lost'));
    await turn();
    request();
    await eventually(() => expect(seen.outcome).toBe('failed: no more connections'));
    expect(seen.connectCount).toBe(2);
  });

  /** Relied on by `HttpStream.isUsable` and the pool: a kept stream carries one request after another. */
  it('answer complete with a length -> the next request goes over the same connection', async () => {
    const { far, seen, request } = start(later);
    await eventually(() => expect(seen.sent).not.toBe(''));
    far.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => expect(seen.outcome).toBe('complete'));
    request();
    await eventually(() => expect(seen.sent.match(/GET \/ /g)).toHaveLength(2));
    expect(seen.connectCount).toBe(1);
  });
});
