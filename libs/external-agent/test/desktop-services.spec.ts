import { RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { LocalDialer } from '@helix/revdial/testing';

import {
  ByteBudget,
  ClipboardService,
  type ClipboardContent,
  createSessionId,
  EXTERNAL_AGENT_LIMITS,
  ScreenshotService,
  SessionDirectory,
  SessionEntity,
  type SessionId,
  type SessionState,
} from '../src/index.js';
import { answering, DesktopServer } from './support/desktop-server.js';

const PICTURE = Buffer.from('not really a picture, but bytes all the same');

describe('what comes from a desktop', () => {
  const desktop = new DesktopServer();
  const dialer = new LocalDialer();
  const pool = new RunnerHttpPool(dialer);
  const sessions = new Map<SessionId, SessionEntity>();
  const directory = new SessionDirectory({ find: (id) => Promise.resolve(sessions.get(id) ?? null) });
  let screenshots: ScreenshotService;
  let clipboards: ClipboardService;
  let budget: ByteBudget;
  let id: SessionId;
  let address: { readonly host: string; readonly port: number };

  const addSession = (state: SessionState): SessionId => {
    const session = Object.assign(new SessionEntity(), {
      deletedAt: null,
      id: createSessionId(),
      ownerId: 'usr_ann',
      state,
      version: 1,
    });
    sessions.set(session.id, session);
    dialer.set(runnerIdOf('sandbox', session.id), address);
    return session.id;
  };

  beforeAll(async () => {
    address = await desktop.start();
  });
  beforeEach(() => {
    desktop.requests.length = 0;
    budget = new ByteBudget(EXTERNAL_AGENT_LIMITS.desktopBytesMaxInFlight);
    screenshots = new ScreenshotService(pool, directory, budget);
    clipboards = new ClipboardService(pool, directory, budget);
    id = addSession('running');
  });
  afterAll(async () => {
    pool.destroy();
    await desktop.close();
  });

  describe('pictures', () => {
    it('are fetched once for concurrent viewers and again for the next', async () => {
      const responses: (() => void)[] = [];
      desktop.answer = (_request, response) => {
        responses.push(() => {
          answering('image/png', PICTURE)(_request, response);
        });
      };
      const viewers = Array.from({ length: 30 }, () => screenshots.fetch(id, {}));
      const other = screenshots.fetch(id, { format: 'jpeg', quality: 40, includeCursor: false });
      await eventually(() => {
        expect(responses).toHaveLength(2);
      });
      for (const respond of responses) respond();
      const pictures = await Promise.all([...viewers, other]);
      expect(desktop.requests.map((request) => request.url).sort()).toEqual([
        '/screenshot',
        '/screenshot?format=jpeg&quality=40&include_cursor=false',
      ]);
      expect(new Set(pictures.map((picture) => picture.etag)).size).toBe(1);
      expect(Buffer.concat([...pictures[0].chunks])).toEqual(PICTURE);
      desktop.answer = answering('image/png', PICTURE);
      await screenshots.fetch(id, {});
      expect(desktop.requests).toHaveLength(3);
    });

    it('have an ETag that is equal for equal bytes and only for them', async () => {
      desktop.answer = answering('image/png', PICTURE);
      const first = await screenshots.fetch(id, {});
      const same = await screenshots.fetch(id, {});
      desktop.answer = answering('image/png', Buffer.concat([PICTURE, Buffer.from('!')]));
      const other = await screenshots.fetch(id, {});
      expect(first.etag).toMatch(/^"[0-9a-f]+-[0-9a-f]+"$/);
      expect([same.etag === first.etag, other.etag === first.etag]).toEqual([true, false]);
    });

    it.each([
      ['image/png', 'image/png'],
      ['IMAGE/JPEG', 'image/jpeg'],
      ['image/webp', 'image/webp'],
      ['image/jpeg; charset=binary', 'image/jpeg'],
      ['image/png; x, text/html', 'image/png'],
      ['image/png;text/html', 'image/png'],
    ])('that are called %s are passed on as %s', async (said, type) => {
      desktop.answer = answering(said, PICTURE);
      expect(await screenshots.fetch(id, {})).toMatchObject({ contentType: type, byteCount: PICTURE.length });
    });

    it.each([
      ['image/png', Buffer.from('\x89PNG\r\n\x1a\n rest', 'latin1')],
      ['image/jpeg', Buffer.from('\xff\xd8\xff rest of it', 'latin1')],
      ['image/webp', Buffer.from('RIFF\x01\x02\x03\x04WEBP rest', 'latin1')],
    ])('that begin like %s are that, whatever they are called', async (type, bytes) => {
      for (const said of ['image/png', 'image/jpeg', 'image/webp']) {
        desktop.answer = (_request, response) => {
          response.writeHead(200, { 'content-type': said });
          response.write(bytes.subarray(0, 3), () => response.end(bytes.subarray(3)));
        };
        expect(await screenshots.fetch(id, {})).toMatchObject({ contentType: type });
      }
    });

    it.each([
      'text/html',
      'image/svg+xml',
      'application/octet-stream',
      'image/pngx',
      'text/html; image/png',
      'image/png, text/html',
      'image/',
      '',
    ])('may not be %s', async (type) => {
      desktop.answer = answering(type, PICTURE);
      await expect(screenshots.fetch(id, {})).rejects.toMatchObject({ code: 'DESKTOP_INVALID_ANSWER' });
    });

    it('fail with the status of the desktop when it has none', async () => {
      desktop.answer = answering('text/plain', 'no compositor', 500);
      await expect(screenshots.fetch(id, {})).rejects.toMatchObject({
        code: 'DESKTOP_ERROR',
        details: { upstreamStatus: 500 },
      });
    });

    it.each([
      ['queued', 'DESKTOP_STARTING'],
      ['placing', 'DESKTOP_STARTING'],
      ['starting', 'DESKTOP_STARTING'],
      ['stopping', 'NO_DESKTOP'],
      ['stopped', 'NO_DESKTOP'],
      ['failed', 'NO_DESKTOP'],
    ] as const)('of a session that is %s are not fetched (%s)', async (state, code) => {
      const other = addSession(state);
      await expect(screenshots.fetch(other, {})).rejects.toMatchObject({ code });
      await expect(clipboards.read(other)).rejects.toMatchObject({ code });
      await expect(clipboards.write(other, textOf(''))).rejects.toMatchObject({ code });
      expect(desktop.requests).toEqual([]);
    });

    it('are refused as BUSY when too many are being fetched, but not to those who join', async () => {
      desktop.answer = () => undefined;
      const leaves: AbortController[] = [];
      const fetch = (one: SessionId): Promise<unknown> => {
        const leave = new AbortController();
        leaves.push(leave);
        return screenshots.fetch(one, {}, leave.signal);
      };
      const streamsBefore = pool.streamCount;
      const ids = Array.from({ length: EXTERNAL_AGENT_LIMITS.screenshotMaxInFlight }, () => addSession('running'));
      const fetches = ids.map(fetch);
      await eventually(() => {
        expect(desktop.requests.length).toBe(ids.length);
      });
      await expect(screenshots.fetch(id, {})).rejects.toMatchObject({ code: 'BUSY' });
      const joined = fetch(ids[0]!);
      await expect(screenshots.fetch(id, {})).rejects.toMatchObject({ code: 'BUSY' });
      for (const leave of leaves) leave.abort(new Error('the viewer left'));
      const ends = await Promise.allSettled([...fetches, joined]);
      // Not an error of anybody's: the same code as for all who leave.
      expect(
        new Set(ends.map((end) => (end.status === 'rejected' ? (end.reason as { code?: string }).code : ''))),
      ).toEqual(new Set(['DIAL_ABORTED']));
      desktop.answer = answering('image/png', PICTURE);
      await screenshots.fetch(id, {});
      await eventually(() => {
        expect(pool.streamCount).toBeLessThanOrEqual(streamsBefore + 1);
      });
    });

    it('are refused to one who has left before', async () => {
      await expect(screenshots.fetch(id, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
    });

    it('are bounded all together, and what was counted is given back', async () => {
      const small = new ByteBudget(PICTURE.length);
      const bounded = new ScreenshotService(pool, directory, small);
      desktop.answer = answering('image/png', PICTURE);
      await bounded.fetch(id, {});
      expect(small.heldBytes).toBe(0);
      desktop.answer = answering('image/png', Buffer.concat([PICTURE, PICTURE]));
      await expect(bounded.fetch(id, {})).rejects.toMatchObject({ code: 'BUSY' });
      expect(small.heldBytes).toBe(0);
    });
  });

  describe('clipboards', () => {
    it.each([
      ['text', '{"type":"text","data":"hello"}', textOf('hello')],
      ['a picture', '{"type":"image","data":"iVBOR"}', { type: 'image', data: Buffer.from('"iVBOR"') }],
      ['text with more keys', '{"type":"text","data":"","size":0}', textOf('')],
      ['nothing', '', undefined],
    ])('are read: %s', async (_what, body, content) => {
      desktop.answer = answering('application/json', body);
      expect(await clipboards.read(id)).toEqual(content);
    });

    it.each(['null', '[]', '"text"', '{"type":"html","data":""}', '{"type":"text"}', '{"type":"text","data":1}', '{'])(
      'are not %s',
      async (body) => {
        desktop.answer = answering('application/json', body);
        await expect(clipboards.read(id)).rejects.toMatchObject({ code: 'DESKTOP_INVALID_ANSWER' });
      },
    );

    it('are written as they are', async () => {
      desktop.answer = answering('text/plain', '');
      await clipboards.write(id, textOf('Grüße\n"'));
      expect(desktop.requests).toEqual([
        { url: '/clipboard', method: 'POST', body: JSON.stringify({ type: 'text', data: 'Grüße\n"' }) },
      ]);
    });

    it('that the desktop refuses fail with its status, without its text being read', async () => {
      desktop.answer = (_request, response) => {
        response.writeHead(500);
        response.write('it goes on for ever');
      };
      await expect(clipboards.read(id)).rejects.toMatchObject({
        code: 'DESKTOP_ERROR',
        details: { upstreamStatus: 500 },
      });
      await expect(clipboards.write(id, textOf(''))).rejects.toMatchObject({ code: 'DESKTOP_ERROR' });
    });

    it('are written without waiting for a desktop that goes on talking, which is cut', async () => {
      let closed = false;
      desktop.answer = (_request, response) => {
        response.on('close', () => (closed = true));
        response.writeHead(200);
        const talk = (): void => {
          while (!closed && response.write(Buffer.alloc(16 * 1024)));
        };
        response.on('drain', talk);
        talk();
      };
      await clipboards.write(id, textOf(''));
      await eventually(() => {
        expect(closed).toBe(true);
      });
    });
  });
});

/** A clipboard with this text, as it is written in JSON. */
function textOf(text: string): ClipboardContent {
  return { type: 'text', data: Buffer.from(JSON.stringify(text)) };
}
