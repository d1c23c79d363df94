import { RawWolf, reply } from './raw-wolf.js';

const NO_LOBBIES = reply(200, '{"success":true,"lobbies":[]}');

describe('the transport of the simulated Wolf', () => {
  let raw: RawWolf;
  beforeEach(async () => {
    raw = await RawWolf.start();
  });
  afterEach(() => raw.close());

  it.each([
    ['an unknown path', 'GET /api/v1/nothing HTTP/1.1\r\n\r\n'],
    ['a trailing slash', 'GET /api/v1/lobbies/ HTTP/1.1\r\n\r\n'],
    ['the wrong method', 'POST /api/v1/lobbies HTTP/1.1\r\nContent-Length: 0\r\n\r\n'],
    ['a DELETE', 'DELETE /api/v1/lobbies HTTP/1.1\r\n\r\n'],
  ])('answers %s with an empty 404 whose reason is OK', async (_case, bytes) => {
    expect(await raw.exchange(bytes)).toBe('HTTP/1.0 404 OK\r\nContent-Length: 0\r\n\r\n');
  });

  it.each(['HEAD', 'OPTIONS', 'PATCH'])('treats %s as GET, body and all', async (method) => {
    expect(await raw.exchange(`${method} /api/v1/lobbies HTTP/1.1\r\n\r\n`)).toBe(NO_LOBBIES);
  });

  it('splits the query off before it looks for the route', async () => {
    expect(await raw.get('/lobbies?x=/api')).toBe(NO_LOBBIES);
  });

  it('refuses chunked requests in plain text without reading their body', async () => {
    const text = 'Chunked encoding not supported, use HTTP/1.0 instead';
    expect(text).toHaveLength(52);
    const bytes = 'POST /api/v1/lobbies/stop HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    expect(await raw.exchange(bytes)).toBe(`HTTP/1.0 500 OK\r\nContent-Length: 52\r\n\r\n${text}`);
  });

  it('takes a POST without a length for one without a body', async () => {
    expect(await raw.exchange('POST /api/v1/lobbies/stop HTTP/1.1\r\n\r\n{"lobby_id":"x"}')).toBe(
      reply(500, '{"success":false,"error":"Could not parse document: input length is 0"}'),
    );
  });

  it('matches header names in any spelling and waits for the whole body', async () => {
    const bytes = 'POST /api/v1/lobbies/stop HTTP/1.0\r\nCONTENT-length: 16\r\n\r\n{"lobby_id":"x"}';
    expect(await raw.exchange(bytes)).toBe(reply(500, '{"success":false,"error":"Invalid lobby ID"}'));
  });

  it('answers one request for each connection and drops what is pipelined', async () => {
    const get = 'GET /api/v1/lobbies HTTP/1.1\r\nConnection: keep-alive\r\n\r\n';
    expect(await raw.exchange(get + get)).toBe(NO_LOBBIES);
  });

  it('opens the event stream at once, with its three headers and no length', async () => {
    const events = await raw.listen();
    expect(events.received).toBe(
      'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\n\r\n',
    );
  });

  it('keeps event streams alive with comments', async () => {
    const other = await RawWolf.start({ keepAliveIntervalMs: 5 });
    const events = await other.listen();
    await events.until((received) => received.includes(':keepalive\n\n:keepalive\n\n'));
    expect(events.frames).toContain(':keepalive\n\n');
    await other.close();
  });

  it('handles one request at a time, so that a slow create delays all others', async () => {
    raw.wolf.faults.answerDelayMs = 60;
    const startedAt = performance.now();
    await Promise.all([raw.get('/lobbies'), raw.get('/lobbies'), raw.get('/sessions')]);
    expect(performance.now() - startedAt).toBeGreaterThan(170);
  });
});
