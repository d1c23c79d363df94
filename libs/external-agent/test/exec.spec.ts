import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventually } from '@helix/pacing/testing';

import {
  ByteBudget,
  checkedExecRequest,
  EXTERNAL_AGENT_LIMITS,
  ExecService,
  type ExecResult,
  type ExecWish,
} from '../src/index.js';
import { RecordingLogger } from './support/recording-logger.js';
import { TunnelledDesktop } from './support/tunnelled-desktop.js';

describe('commands', () => {
  let desktop: TunnelledDesktop;
  let execs: ExecService;
  let logger: RecordingLogger;
  let bodies: unknown[];

  const run = (wish: ExecWish, signal?: AbortSignal): Promise<ExecResult> =>
    execs.run(desktop.sessionId, 'usr_ann', checkedExecRequest(wish), signal);

  function answering(status: number, body: string): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.writeHead(status).end(body);
      });
    };
  }

  beforeAll(async () => {
    desktop = new TunnelledDesktop();
    await desktop.start();
  });
  beforeEach(() => {
    logger = new RecordingLogger();
    const budget = new ByteBudget(EXTERNAL_AGENT_LIMITS.desktopBytesMaxInFlight);
    execs = new ExecService(desktop.http, desktop.directory, budget, { isEnabled: true, logger });
    bodies = [];
    desktop.forgetRequests();
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('reach the desktop with what was left out filled in, and come back with their output', async () => {
    desktop.answer = answering(200, '{"success":true,"exit_code":0,"output":"hi\\n","more":[1]}');
    expect(await run({ command: ['echo', 'hi'] })).toEqual({
      success: true,
      exitCode: 0,
      output: 'hi\n',
      isTruncated: false,
    });
    expect(desktop.requests).toEqual(['POST /exec']);
    expect(bodies).toEqual([{ command: ['echo', 'hi'], background: false, timeout: 30, env: {} }]);
    await run({ command: ['x'], background: true, timeoutS: 300, environment: { A: 'b' } });
    expect(bodies[1]).toEqual({ command: ['x'], background: true, timeout: 300, env: { A: 'b' } });
  });

  it('that fail say how', async () => {
    desktop.answer = answering(200, '{"success":false,"exit_code":2,"output":"","error":"no such file","pid":7}');
    expect(await run({ command: ['ls', 'nowhere'] })).toEqual({
      success: false,
      exitCode: 2,
      output: '',
      error: 'no such file',
      pid: 7,
      isTruncated: false,
    });
  });

  it('have their output cut at whole characters', async () => {
    const max = EXTERNAL_AGENT_LIMITS.execOutputMaxBytes;
    const output = `x${'é'.repeat(max / 2)}`;
    desktop.answer = answering(200, JSON.stringify({ success: true, exit_code: 0, output, error: 'short' }));
    const result = await run({ command: ['seq'] });
    expect([result.isTruncated, result.error]).toEqual([true, 'short']);
    expect(result.output).toBe(`x${'é'.repeat(max / 2 - 1)}`);
    desktop.answer = answering(200, JSON.stringify({ success: true, exit_code: 0, output: 'x'.repeat(max) }));
    expect(await run({ command: ['seq'] })).toMatchObject({ isTruncated: false });
  });

  it('are refused unless the operator allows them, and nothing is sent', async () => {
    const budget = new ByteBudget(1);
    execs = new ExecService(desktop.http, desktop.directory, budget, { isEnabled: false, logger });
    await expect(run({ command: ['echo'] })).rejects.toMatchObject({ code: 'EXEC_DISABLED' });
    expect(() => {
      execs.assertEnabled();
    }).toThrow('DESKTOP_EXEC_ENABLED');
    expect([desktop.requests, logger.lines]).toEqual([[], []]);
  });

  it('are recorded, with program and outcome and never with arguments or environment', async () => {
    desktop.answer = answering(200, '{"success":true,"exit_code":3,"output":"secret-output"}');
    await run({ command: ['curl', 'secret-argument'], environment: { TOKEN: 'secret-value' } });
    const lines = logger.lines.map(({ level, message, fields }) => [level, message, JSON.parse(fields) as unknown]);
    const record = {
      audit: 'desktop-exec',
      userId: 'usr_ann',
      sessionId: desktop.sessionId,
      program: 'curl',
      background: false,
    };
    expect(lines).toEqual([
      ['info', 'desktop command sent', record],
      ['info', 'desktop command finished', { ...record, exitCode: 3 }],
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });

  it.each([
    [403, '', 'EXEC_FORBIDDEN'],
    [404, '', 'DESKTOP_UNSUPPORTED'],
    [405, '', 'DESKTOP_UNSUPPORTED'],
    [500, '', 'DESKTOP_ERROR'],
    [200, '', 'DESKTOP_INVALID_ANSWER'],
    [200, '{"success":true}', 'DESKTOP_INVALID_ANSWER'],
    [200, '{"success":"yes","exit_code":0}', 'DESKTOP_INVALID_ANSWER'],
  ])('are failures when the desktop answers %i %s', async (status, body, code) => {
    desktop.answer = answering(status, body);
    await expect(run({ command: ['echo'] })).rejects.toMatchObject({ code });
    expect(logger.lines.at(-1)?.fields).toContain(code);
  });

  it('with an endless answer fail as UPSTREAM_TOO_LARGE', async () => {
    desktop.answer = (_request, response) => {
      const block = Buffer.alloc(64 * 1024, 'x');
      const pump = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', pump);
      pump();
    };
    await expect(run({ command: ['yes'] })).rejects.toMatchObject({ code: 'UPSTREAM_TOO_LARGE' });
  });

  it('may take as long as they were allowed, however soon other answers must begin', async () => {
    // The pool of this test waits a second for other answers.
    desktop.answer = (_request, response) => {
      setTimeout(() => response.end('{"success":true,"exit_code":0}'), 1_500);
    };
    expect(await run({ command: ['sleep'], timeoutS: 2 })).toMatchObject({ success: true });
  });

  it('are cancelled when their caller leaves', async () => {
    let isClosed = false;
    desktop.answer = (_request, response) => {
      response.on('close', () => (isClosed = true));
    };
    const leave = new AbortController();
    const running = run({ command: ['sleep'] }, leave.signal);
    await eventually(() => {
      expect(desktop.requests).toHaveLength(1);
    });
    leave.abort();
    await expect(running).rejects.toMatchObject({ code: 'DIAL_ABORTED' });
    await eventually(() => {
      expect([isClosed, desktop.openStreamCount]).toEqual([true, 0]);
    });
  });

  it('are refused as BUSY when one desktop runs as many as it may', async () => {
    const waiting: ServerResponse[] = [];
    desktop.answer = (_request, response) => waiting.push(response);
    const max = EXTERNAL_AGENT_LIMITS.execsMaxPerSession;
    const runs = Promise.allSettled(Array.from({ length: max }, () => run({ command: ['sleep'] })));
    await eventually(() => {
      expect(waiting).toHaveLength(max);
    });
    await expect(run({ command: ['sleep'] })).rejects.toMatchObject({ code: 'BUSY' });
    for (const response of waiting) response.end('{"success":true,"exit_code":0}');
    expect((await runs).map(({ status }) => status)).toEqual(Array.from({ length: max }, () => 'fulfilled'));
    desktop.answer = answering(200, '{"success":true,"exit_code":0}');
    await run({ command: ['sleep'] });
  });

  it.each([
    ['no program', { command: [] }],
    ['a program without a name', { command: [''] }],
    ['too many arguments', { command: Array.from({ length: 257 }, () => 'x') }],
    ['too long ones', { command: ['x'.repeat(65_537)] }],
    ['a NUL', { command: ['a\0b'] }],
    ['half a character', { command: ['\ud800'] }],
    ['no time', { command: ['x'], timeoutS: 0 }],
    ['too much time', { command: ['x'], timeoutS: 301 }],
    ['no number of seconds', { command: ['x'], timeoutS: NaN }],
    ['a name of the control plane’s own', { command: ['x'], environment: { HELIX_SESSION_ID: 'x' } }],
    ['a library to load', { command: ['x'], environment: { LD_PRELOAD: 'x' } }],
    ['a variable that is no text', { command: ['x'], environment: { A: 1 } }],
  ])('may not have %s', (_what, wish) => {
    let error: unknown;
    try {
      checkedExecRequest(wish);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each([
    ['starting', 'DESKTOP_STARTING'],
    ['stopped', 'NO_DESKTOP'],
  ] as const)('are not sent to a session that is %s', async (state, code) => {
    const id = desktop.addSession(state);
    await expect(execs.run(id, 'usr_ann', checkedExecRequest({ command: ['x'] }))).rejects.toMatchObject({ code });
    expect(desktop.requests).toEqual([]);
  });
});
