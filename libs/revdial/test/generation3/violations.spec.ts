import { once } from 'node:events';
import type { Socket } from 'node:net';
import { runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { dataHeader, RecordReader } from '../../src/resumable/record-codec.js';
import { ACK, DATA, GO_AWAY, PING, SYN, WINDOW_UPDATE, frame } from '../mux/support/frames.js';
import { RecordingLogger } from '../runner/support/recording-logger.js';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';
import { ScriptedAgent } from './support/scripted-agent.js';

const WOLF = runnerIdOf('wolf', '7');
const BROKEN = 'a runner broke the protocol';

const record = (type: number, payload: Buffer | readonly number[] = []): Buffer => {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(type * 0x1000000 + bytes.length);
  return Buffer.concat([header, bytes]);
};
const ignore = (): void => undefined;
const IGNORED = { onData: ignore, onAck: ignore, onPing: ignore, onPong: ignore, onDrain: ignore };
const data = (bytes: Buffer): Buffer => Buffer.concat([dataHeader(bytes.length), bytes]);
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

describe('an agent that breaks the rules of its link', () => {
  let replica: Replica;
  let logger: RecordingLogger;
  let agents: ScriptedAgent[];

  beforeEach(async () => {
    agents = [];
    logger = new RecordingLogger();
    replica = await Replica.start({ gateway: { logger } });
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.close()));
    await replica.close();
  });

  async function open(services: Readonly<Record<string, Buffer>> = {}): Promise<ScriptedAgent> {
    const agent = await ScriptedAgent.open({
      port: replica.port,
      token: RUNNER_TOKEN,
      runnerIds: ['wolf-7'],
      services,
    });
    agents.push(agent);
    return agent;
  }

  it.each<[string, Buffer, RegExp]>([
    ['an unknown record', record(0x42), /record of type 66 with 0 bytes/],
    ['a record that is too long', record(0x80, Buffer.alloc(131_081)), /record of type 128 with 131081 bytes/],
    ['an empty data record', record(0x01), /record of type 1 with 0 bytes/],
    ['a ping of seven bytes', record(0x03, Buffer.alloc(7)), /record of type 3 with 7 bytes/],
    ['an ack of what was not sent', record(0x02, u64(5)), /ACK of 5 bytes, not within 0 to 0/],
    ['a drain', record(0x06, [0, 0, 0, 1]), /DRAIN from an agent/],
    ['a close with the code of a cut', record(0x05, [0, 1]), /the code of a lost carrier/],
    ['a frame of version 1', data(Buffer.from([1, ...Buffer.alloc(11)])), /frame of unknown version 1/],
    ['a frame of type 9', data(frame(9, 0, 0, 0)), /frame of unknown type 9/],
    ['an unknown flag', data(frame(DATA, 16, 1, 0)), /frame with unknown flags 16/],
    ['a frame that is too long', data(frame(DATA, SYN, 1, 0x7fffffff)), /frame of 2147483647 bytes, more than/],
    ['a stream with the id 0', data(frame(DATA, SYN, 0, 'x')), /stream frame with id 0/],
    ['a ping with an id', data(frame(PING, SYN, 7, 0)), /link frame with the id of stream 7/],
    ['a ping without a flag', data(frame(PING, 0, 0, 0)), /ping with flags 0/],
    [
      'a stream with an id of the API',
      data(frame(WINDOW_UPDATE, SYN, 2, 0)),
      /the peer opened stream 2, an id of this side/,
    ],
    ['an id twice', data(Buffer.concat([1, 1].map((id) => frame(WINDOW_UPDATE, SYN, id, 0)))), /1 was opened twice/],
    ['data of a stream that never was', data(frame(DATA, ACK, 4, 'x')), /stream 4 was never opened/],
    ['go away with an unknown code', data(frame(GO_AWAY, 0, 0, 77)), /GO_AWAY with the unknown code 77/],
  ])('by %s is told why, and so is the log', async (_what, bytes, reason) => {
    const { socket } = await open();
    const closes: unknown[] = [];
    // The agent's own end may hear of a go away before.
    const reader = new RecordReader({ ...IGNORED, onClose: (code, text) => closes.push([code, text]) });
    socket.on('data', (chunk) => {
      reader.push(chunk);
    });
    socket.write(bytes);
    await eventually(() => expect(closes).toEqual([['protocol-violation', expect.stringMatching(reason) as string]]));
    await eventually(() =>
      expect(logger.all(BROKEN)).toMatchObject([
        { level: 'warn', fields: { runnerIds: ['wolf-7'], reason: expect.stringMatching(reason) as string } },
      ]),
    );
    expect(replica.counters.linksEnded).toEqual({ 'protocol-violation': 1 });
  });

  it('by data behind the end of a stream is told so', async () => {
    const agent = await open({ 'wolf-7': Buffer.from('\0all') });
    const stream = await replica.connections.dial(WOLF);
    stream.on('error', () => undefined).resume();
    await once(stream, 'end');
    agent.socket.write(data(frame(DATA, 0, 2, 'x')));
    await eventually(() =>
      expect(logger.find(BROKEN)?.fields).toMatchObject({ reason: 'data on stream 2 after its end' }),
    );
  });

  it.each<[string, Buffer, string]>([
    ['an unknown answer to a dial', Buffer.from([7]), 'unknown answer 7 to a dial'],
    ['a reason that is too long', Buffer.from([1, 0, 1, 0, 201]), 'refusal with a reason of 201 bytes'],
  ])('by %s loses the stream, and is in the log', async (_what, answer, reason) => {
    const agent = await open({ 'wolf-7': answer });
    const stream = await replica.connections.dial(WOLF);
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    await eventually(() =>
      expect(logger.all(BROKEN)).toMatchObject([{ level: 'warn', fields: { runnerIds: ['wolf-7'], reason } }]),
    );
    expect(agent.ends).toEqual([]);
  });

  it('again and again is one line in the log', async () => {
    for (let count = 0; count < 5; count += 1) {
      const agent = await open();
      agent.socket.write(record(0x42));
      await eventually(() => expect(agent.ends).toHaveLength(1));
    }
    await eventually(() => expect(replica.counters.linksEnded).toEqual({ 'protocol-violation': 5 }));
    expect(logger.all(BROKEN)).toHaveLength(1);
  });

  it('goes away in order when it takes no more streams, and is not blamed', async () => {
    const agent = await open();
    agent.socket.write(data(frame(GO_AWAY, 0, 0, 0)));
    await eventually(async () => {
      await expect(dialed(replica)).rejects.toMatchObject({ code: 'PICKUP_FAILED' });
    });
    expect(agent.ends).toEqual([]);
    expect(logger.find(BROKEN)).toBeUndefined();
  });
});

/** Resolves or rejects as the dial does. */
async function dialed(replica: Replica): Promise<void> {
  const stream = (await replica.connections.dial(WOLF)) as Socket;
  await once(stream, 'close');
}
