import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { HttpWolfClient, localSocketDial } from '@helix/wolf-client';
import { eventually } from '@helix/pacing/testing';
import { exampleLobby } from '@helix/wolf-client/testing';

const DONE = 'HTTP/1.0 200 OK\r\nContent-Length: 16\r\n\r\n{"success":true}';

describe('a Wolf client that gets raw bytes', () => {
  let folder: string;
  let server: Server;
  let client: HttpWolfClient;
  let received: string;
  const sockets = new Set<Socket>();
  let respond: (socket: Socket) => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wolf-'));
    const path = join(folder, 'wolf.sock');
    received = '';
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        received += bytes.toString();
        respond(socket);
      });
    });
    server.listen(path);
    await once(server, 'listening');
    client = new HttpWolfClient(localSocketDial(path));
  });
  afterEach(async () => {
    await eventually(() => {
      expect(sockets.size).toBe(0);
    });
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  function answerWith(bytes: string): void {
    respond = (socket) => {
      socket.end(bytes);
    };
  }

  function refuseWith(error: string): void {
    const body = JSON.stringify({ success: false, error });
    answerWith(`HTTP/1.0 500 OK\r\nContent-Length: ${body.length.toString()}\r\n\r\n${body}`);
  }

  it.each(['Content-Encoding: gzip', 'Content-Encoding: identity, br', 'CONTENT-ENCODING: X'])(
    'rejects an answer with %s, and asks for none',
    async (header) => {
      answerWith(DONE.replace('\r\n', `\r\n${header}\r\n`));
      await expect(client.healthReport()).rejects.toMatchObject({ code: 'WOLF_INVALID_ANSWER' });
      expect(received).toMatch(/\r\nAccept-Encoding: identity\r\n/);
    },
  );

  it.each(['text/event-streams', 'text/html; text/event-stream', 'text/event-stream\r\nContent-Encoding: gzip'])(
    'rejects an event stream of type %j',
    async (type) => {
      answerWith(`HTTP/1.0 200 OK\r\nContent-Type: ${type}\r\n\r\n:keepalive\n\n`);
      await expect(client.openEvents()).rejects.toMatchObject({ code: 'WOLF_INVALID_ANSWER' });
    },
  );

  it('sends the whole body in one piece with its length, and asks for no second request', async () => {
    answerWith(
      'HTTP/1.0 200 OK\r\nContent-Length: 66\r\n\r\n{"success":true,"lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3"}',
    );
    const env = ['HELIX_SESSION_ID=ses_01', 'GREETING=grüße'];
    await client.createLobby(
      exampleLobby({ runner: { type: 'docker', name: 'd', image: 'i', mounts: [], env, devices: [], ports: [] } }),
    );
    const [head = '', body = ''] = received.split('\r\n\r\n');
    expect(head).toMatch(/^POST \/api\/v1\/lobbies\/create HTTP\/1\.1\r\n/);
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body).toString()}`);
    expect(head).toContain('\r\nConnection: close');
    expect(head).not.toMatch(/transfer-encoding|expect:/i);
    expect(JSON.parse(body)).toMatchObject({
      multi_user: true,
      stop_when_everyone_leaves: false,
      video_settings: { video_source_mode: 'wayland' },
      runner: { mounts: [], env, devices: [], ports: [] },
    });
    expect(JSON.parse(body)).not.toHaveProperty('pin');
  });

  it.each([
    ['no length', 'HTTP/1.0 200 OK\r\n\r\n{"success":true,"lobbies":[]}'],
    ['more bytes than announced', 'HTTP/1.0 200 OK\r\nContent-Length: 29\r\n\r\n{"success":true,"lobbies":[]}xx'],
    ['fewer bytes than announced', 'HTTP/1.0 200 OK\r\nContent-Length: 31\r\n\r\n{"success":true,"lobbies":[]}'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['endless headers', `HTTP/1.0 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['half a header', 'HTTP/1.0 200 OK\r\nContent-Le'],
    ['success in a 500', `HTTP/1.0 500 OK\r\nContent-Length: 29\r\n\r\n{"success":true,"lobbies":[]}`],
    ['a body in a 404', 'HTTP/1.0 404 OK\r\nContent-Length: 3\r\n\r\nno!'],
    ['a number for a list', 'HTTP/1.0 200 OK\r\nContent-Length: 28\r\n\r\n{"success":true,"lobbies":7}'],
  ])('rejects an answer with %s as invalid', async (_case, bytes) => {
    answerWith(bytes);
    await expect(client.listLobbies()).rejects.toMatchObject({ code: 'WOLF_INVALID_ANSWER' });
  });

  it('keeps every digit of an id that comes as a bare number', async () => {
    const session =
      '"app_id":"1","client_id":10594003729173467913,"client_ip":"::1","video_width":1,"video_height":1,"video_refresh_rate":1,"audio_channel_count":2';
    const body = `{"success":true,"sessions":[{${session}}]}`;
    answerWith(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length.toString()}\r\n\r\n${body}`);
    await expect(client.listSessions()).resolves.toMatchObject([{ id: '10594003729173467913' }]);
  });

  it('treats a failure with status 200 as a refusal', async () => {
    answerWith('HTTP/1.0 200 OK\r\nContent-Length: 39\r\n\r\n{"success":false,"error":"Invalid PIN"}');
    await expect(client.listLobbies()).rejects.toMatchObject({ code: 'WOLF_WRONG_PIN' });
  });

  it('quotes an unknown refusal, but no digits and nothing beyond plain words', async () => {
    refuseWith('no pin 0419 for anyone');
    const call = client.listLobbies();
    await expect(call).rejects.toMatchObject({ code: 'WOLF_REFUSED' });
    await expect(call).rejects.toThrow('"no pin #### for anyone"');
    refuseWith('env USER_TOKEN=secret');
    await expect(client.listLobbies()).rejects.toThrow('(text withheld)');
  });

  it('reads an answer that comes byte by byte and is cut after the last', async () => {
    respond = (socket) => {
      const bytes = Array.from(DONE);
      const drip = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) socket.destroy();
        else socket.write(byte, drip);
      };
      drip();
    };
    await expect(client.stopLobby({ lobbyId: lobbyId() })).resolves.toBe('stopped');
  });

  it('bounds the whole call, not the silence between two bytes', async () => {
    respond = (socket) => {
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => {
        clearInterval(timer);
      });
      socket.write('HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n');
    };
    await expect(client.listLobbies({ timeoutMs: 80 })).rejects.toMatchObject({ code: 'WOLF_TIMEOUT' });
  });

  it('destroys a stream whose dial came too late', async () => {
    const late = new PassThrough();
    const slow = new HttpWolfClient(async (signal) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      return late;
    });
    await expect(slow.listLobbies({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'WOLF_TIMEOUT' });
    await eventually(() => {
      expect(late.destroyed).toBe(true);
    });
  });

  it('does not wait for a stream that was over when it came', async () => {
    const dead = new PassThrough();
    dead.destroy();
    const broken = new HttpWolfClient(() => Promise.resolve(dead));
    await expect(broken.listLobbies()).rejects.toMatchObject({ code: 'WOLF_EMPTY_ANSWER' });
  });
});

function lobbyId(): Parameters<HttpWolfClient['stopLobby']>[0]['lobbyId'] {
  return '7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3' as Parameters<HttpWolfClient['stopLobby']>[0]['lobbyId'];
}
