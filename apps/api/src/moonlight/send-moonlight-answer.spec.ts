import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { EXTERNAL_AGENT_LIMITS } from '@helix/external-agent';
import { RevDialError } from '@helix/revdial';
import { sendMoonlightAnswer } from './send-moonlight-answer.js';

const MIB = Buffer.alloc(1024 * 1024);

describe('an answer of Moonlight Web on its way to its caller', () => {
  const server = createServer();
  let caller: Socket;
  let response: ServerResponse;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    caller = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    caller.write('GET / HTTP/1.1\r\nHost: api\r\n\r\n');
    [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  });
  afterEach(() => {
    caller.destroy();
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const answer = (body: Readable) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });

  it('holds back a slow reader and cuts one that reads nothing', async () => {
    let givenCount = 0;
    const endless = new Readable({
      read() {
        givenCount += 1;
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    caller.pause();
    await sendMoonlightAnswer(response, answer(endless), 200);
    expect([response.destroyed, endless.destroyed]).toEqual([true, true]);
    expect(givenCount * 64 * 1024).toBeLessThan(EXTERNAL_AGENT_LIMITS.moonlightAnswerMaxBytes);
  });

  it('ends when it is longer than any that Moonlight Web gives', async () => {
    caller.resume();
    const many = Readable.from(Array.from({ length: 9 }, () => MIB));
    await expect(sendMoonlightAnswer(response, answer(many))).rejects.toMatchObject({ code: 'UPSTREAM_TOO_LARGE' });
    expect(many.destroyed).toBe(true);
  });

  it('fails when the host had broken off before it began', async () => {
    const broken = new Readable({ read: () => undefined }).on('error', () => undefined);
    broken.destroy(new RevDialError('LINK_LOST', 'gone'));
    await new Promise((resolve) => broken.once('close', resolve));
    await expect(sendMoonlightAnswer(response, answer(broken))).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('asks for nothing more when the caller is gone already', async () => {
    const body = new Readable({ read: () => undefined });
    response.destroy();
    await sendMoonlightAnswer(response, answer(body));
    expect([body.destroyed, response.headersSent]).toEqual([true, false]);
  });
});
