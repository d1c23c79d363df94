import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { BoundedExpressAdapter } from '../bootstrap/http-adapter.js';
import { API_LIMITS } from '../limits.js';
import { whenCallerLeaves } from './caller-signal.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: api\r\n\r\n';

describe('a caller who leaves', () => {
  let take: (response: ServerResponse) => void = () => undefined;
  const adapter = new BoundedExpressAdapter();
  adapter.initHttpServer();
  const server = adapter.getHttpServer() as Server;
  adapter.use((_request: IncomingMessage, response: ServerResponse) => {
    take(response);
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** The responses to so many requests sent at once, and what ends their connection. */
  async function asked(count: number): Promise<{ readonly responses: ServerResponse[]; readonly leave: () => void }> {
    const responses: ServerResponse[] = [];
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      take = (response) => {
        if (responses.push(response) === count) resolve();
      };
      socket.write(REQUEST.repeat(count));
    });
    return { responses, leave: () => socket.destroy() };
  }

  it('is seen to have left by one who asks only afterwards', async () => {
    const { responses, leave } = await asked(1);
    const [response] = responses as [ServerResponse];
    const closed = once(response, 'close');
    leave();
    await closed;
    expect(whenCallerLeaves(response).aborted).toBe(true);
  });

  it('aborts the waiting request and each pipelined one when the caller leaves', async () => {
    const { responses, leave } = await asked(3);
    const signals = responses.map(whenCallerLeaves);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
    leave();
    await Promise.all(signals.map((signal) => (signal.aborted ? Promise.resolve() : once(signal, 'abort'))));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  it('cuts the connection with too many pipelined requests', async () => {
    let takenCount = 0;
    take = () => (takenCount += 1);
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(REQUEST.repeat(1_000));
    await once(socket, 'close');
    expect(takenCount).toBe(1 + API_LIMITS.requestsAheadMax);
  });

  it('does not abort after the answer', async () => {
    const { responses, leave } = await asked(1);
    const [response] = responses as [ServerResponse];
    const signal = whenCallerLeaves(response);
    const closed = once(response, 'close');
    response.end('x');
    await closed;
    leave();
    expect([signal.aborted, whenCallerLeaves(response).aborted]).toEqual([false, false]);
  });
});
