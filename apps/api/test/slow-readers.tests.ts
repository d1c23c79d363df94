import { connect, type Socket } from 'node:net';
import { ByteBudget, EXTERNAL_AGENT_LIMITS } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import { Drain } from '../src/health/drain.js';
import { ServedDesktop } from './support/served-desktop.js';

/** Far more than the buffers of a socket take. */
const PICTURE = Buffer.alloc(24 * 1024 * 1024, 'p');

describe('callers who do not read their answers', () => {
  let desktop: ServedDesktop;
  let budget: ByteBudget;
  let sockets: Socket[] = [];
  let letGo: () => void = () => undefined;

  beforeAll(async () => {
    desktop = await ServedDesktop.start();
    budget = desktop.api.api.app.get(ByteBudget);
  });
  beforeEach(() => {
    desktop.answer = (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE);
    };
  });
  afterEach(async () => {
    letGo();
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await eventually(() => {
      expect(budget.heldBytes).toBe(0);
    });
  });
  afterAll(async () => {
    await desktop.close();
  });

  /** Leaves so much of the budget. */
  function leave(byteCount: number): number {
    const takenBytes = EXTERNAL_AGENT_LIMITS.desktopBytesMaxInFlight - byteCount;
    letGo = budget.hold({}, takenBytes);
    return takenBytes;
  }

  /** Asks and reads nothing. */
  function stall(path: string): void {
    const { hostname, port } = new URL(desktop.api.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${desktop.owner.key ?? ''}\r\n\r\n`);
  }

  it('count until they have read or are gone; the next are told to come back', async () => {
    const takenBytes = leave(2.5 * PICTURE.length);
    for (const quality of [1, 2]) stall(`${desktop.base}/screenshot?quality=${String(quality)}`);
    await eventually(() => {
      expect(desktop.asked).toHaveLength(2);
      expect(budget.heldBytes).toBe(takenBytes + 2 * PICTURE.length);
    });
    const refused = await desktop.owner.get(`${desktop.base}/screenshot?quality=3`);
    expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([503, 'BUSY', '1']);
    sockets[0]?.destroy();
    await eventually(() => {
      expect(budget.heldBytes).toBe(takenBytes + PICTURE.length);
    });
    expect((await desktop.owner.get(`${desktop.base}/screenshot?quality=3`)).bytes).toHaveLength(PICTURE.length);
  });

  it('of one picture wait for the same bytes', async () => {
    const begun = new Promise<() => void>((resolve) => {
      desktop.answer = (_request, response) => {
        resolve(() => response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE));
      };
    });
    const takenBytes = leave(1.5 * PICTURE.length);
    for (let viewer = 0; viewer < 4; viewer += 1) stall(`${desktop.base}/screenshot?quality=4`);
    const finish = await begun;
    await eventually(() => {
      expect(desktop.api.api.app.get(Drain).requestsUnderWay).toBe(4);
    });
    // Served after they were let in.
    const last = desktop.owner.get(`${desktop.base}/screenshot?quality=4`);
    await desktop.owner.get(desktop.base);
    finish();
    expect((await last).status).toBe(200);
    await eventually(() => {
      expect(budget.heldBytes).toBe(takenBytes + PICTURE.length);
    });
  });

  it('of a clipboard count as well', async () => {
    const text = JSON.stringify({ type: 'text', data: 'c'.repeat(15 * 1024 * 1024) });
    desktop.answer = (_request, response) => response.writeHead(200).end(text);
    stall(`${desktop.base}/clipboard`);
    await eventually(() => {
      expect(budget.heldBytes).toBe(text.length);
    });
  });

  it('of the last picture of a stopped desktop count as well', async () => {
    const stopped = await desktop.stoppedSession();
    const size = 6 * 1024 * 1024;
    await desktop.api.dataSource.query(
      `INSERT INTO session_pictures (session_id, content_type, picture, taken_at) VALUES ($1, 'image/png', $2, now())`,
      [stopped, Buffer.alloc(size)],
    );
    // More than one, so that the buffers of the sockets do not take it all before they are looked at.
    for (let viewer = 0; viewer < 4; viewer += 1) stall(`/api/v1/external-agents/${stopped}/screenshot`);
    await eventually(() => {
      expect(budget.heldBytes).toBe(size);
    });
  });

  it('refuses a clipboard without room with an answer, and takes it with room', async () => {
    const sent = { type: 'text', data: 'c'.repeat(1024 * 1024) };
    leave(512 * 1024);
    desktop.answer = (request, response) => request.resume().on('end', () => response.end());
    const refused = await desktop.owner.post(`${desktop.base}/clipboard`, sent);
    expect([refused.status, refused.body['code']]).toEqual([503, 'BUSY']);
    letGo();
    expect((await desktop.owner.post(`${desktop.base}/clipboard`, sent)).status).toBe(200);
  });

  it('counts a clipboard until the desktop has taken it', async () => {
    const sent = { type: 'text', data: 'c'.repeat(1024 * 1024) };
    const asked = new Promise<() => void>((resolve) => {
      desktop.answer = (request, response) => {
        request.resume().on('end', () => {
          resolve(() => response.end());
        });
      };
    });
    const written = desktop.owner.post(`${desktop.base}/clipboard`, sent);
    const finish = await asked;
    expect(budget.heldBytes).toBe(JSON.stringify(sent).length + JSON.stringify(sent.data).length);
    finish();
    expect((await written).status).toBe(200);
  });
});
