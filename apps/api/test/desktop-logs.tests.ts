import { connect } from 'node:net';
import { LogService, type SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import type { ApiInProcess } from './support/api-in-process.js';
import { ServedDesktop } from './support/served-desktop.js';

describe('logs over REST', () => {
  let desktop: ServedDesktop;
  let api: ApiInProcess;
  let owner: RestClient;
  let base: string;
  let id: SessionId;

  beforeAll(async () => {
    desktop = await ServedDesktop.start();
    ({ api, owner, base, id } = desktop);
  });
  beforeEach(() => {
    desktop.forgetAsked();
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.end('{}'));
    };
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('are the desktop’s', async () => {
    desktop.answer = (_request, response) =>
      response.end('one\n{"t":"2026-01-01T00:00:00Z","stream":"stdout","line":"two"}\n');
    const read = await owner.get(`${base}/logs`);
    expect([read.status, read.body]).toEqual([
      200,
      {
        session_id: id,
        lines: 100,
        logs: ['one', '2026-01-01T00:00:00Z two'],
        timestamp: expect.stringMatching(/^\d{4}-/) as string,
      },
    ]);
    await owner.get(`${base}/logs?lines=5000&follow=false`);
    expect(desktop.asked).toEqual(['GET /logs?tail=100', 'GET /logs?tail=5000']);
    for (const query of ['lines=0', 'lines=5001', 'lines=x', 'lines=-1', 'follow=maybe']) {
      const refused = await owner.get(`${base}/logs?${query}`);
      expect([query, refused.status, refused.body['code']]).toEqual([query, 400, 'INVALID_REQUEST']);
    }
  });

  it.each([
    ['lines', 'application/json', 'application/x-ndjson', '{"t":null,"stream":null,"line":"one"}\n'],
    ['events', 'text/event-stream', 'text/event-stream', 'data: {"t":null,"stream":null,"line":"one"}\n\n'],
  ])('can be followed as %s until the caller leaves', async (_what, accept, type, expected) => {
    desktop.answer = (_request, response) => response.write('one\n');
    const leave = new AbortController();
    const response = await fetch(`${api.url}${base}/logs?follow=true&lines=7`, {
      headers: { authorization: `Bearer ${owner.key ?? ''}`, accept },
      signal: leave.signal,
    });
    expect(response.headers.get('content-type')).toContain(type);
    const piece = await response.body?.getReader().read();
    expect(Buffer.from(piece?.value ?? []).toString()).toBe(expected);
    expect(desktop.asked).toEqual(['GET /logs?tail=7&follow=true']);
    leave.abort();
    await eventually(() => {
      expect([desktop.openStreamCount, api.api.app.get(LogService).feedCount]).toEqual([0, 0]);
    });
  });

  it('end, with a last word, when the desktop ends or dies', async () => {
    desktop.answer = (_request, response) => response.end('one\n');
    const lines = await owner.get(`${base}/logs?follow=1`);
    const last: unknown = JSON.parse(lines.bytes.toString().trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ stream: 'helix', end: 'ENDED' });
    desktop.answer = (_request, response) => {
      response.write('one\n', () => response.socket?.resetAndDestroy());
    };
    const events = await owner.get(`${base}/logs?follow=1`, { accept: 'text/event-stream' });
    expect(events.bytes.toString()).toMatch(/(?:^|\n)event: end\ndata: \{.*"end":"UPSTREAM_INVALID"\}\n\n$/);
  });

  it('report the missed amount to a slow reader, and hold neither memory nor desktop', async () => {
    const total = 200_000;
    let isAllSent = false;
    desktop.answer = (_request, response) => {
      let sent = 0;
      const pump = (): void => {
        while (sent < total) {
          sent += 1;
          if (!response.write(`line ${String(sent)} ${'x'.repeat(200)}\n`)) {
            response.once('drain', pump);
            return;
          }
        }
        isAllSent = true;
        response.end();
      };
      pump();
    };
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `GET ${base}/logs?follow=true HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer ${owner.key ?? ''}\r\n\r\n`,
    );
    await eventually(() => {
      expect(isAllSent).toBe(true);
    });
    await eventually(() => {
      expect(desktop.openStreamCount).toBe(0);
    });
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    const dropped = [...text.matchAll(/"dropped":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    const lines = text.match(/"line":"line \d+ x/g) ?? [];
    expect(dropped).toBeGreaterThan(0);
    expect(lines.length + dropped).toBe(total);
    expect(text).toContain(`line ${String(total)} x`);
    expect(text).toContain('"end":"ENDED"');
  });

  it('are not made up for a session without a desktop or one whose image has none', async () => {
    desktop.answer = (_request, response) => response.writeHead(404).end();
    const old = await owner.get(`${base}/logs`);
    expect([old.status, old.body['code']]).toEqual([501, 'DESKTOP_UNSUPPORTED']);
    const stopped = await desktop.stoppedSession();
    const none = await owner.get(`/api/v1/external-agents/${stopped}/logs?follow=true`);
    expect([none.status, none.body['code']]).toEqual([404, 'NO_DESKTOP']);
  });
});
