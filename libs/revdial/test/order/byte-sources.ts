import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Multiplexer } from '@helix/revdial';
import type { MuxStream } from '@helix/revdial';
import { memoryPipePair } from '@helix/revdial/testing';
import { encodeConnected } from '../../src/dial/dial-codec.js';
import { DialStream } from '../../src/dial/dial-stream.js';
import { ResumableLink } from '../../src/resumable/resumable-link.js';
import { WebSocketByteStream } from '../../src/wire/websocket-byte-stream.js';
import { DATA, FIN, RST, SYN, WINDOW_UPDATE, frame } from '../mux/support/frames.js';
import { ScriptedPipe, turn } from '../mux/support/scripted-pipe.js';

/** A stream of ours, and the far side of it in the hands of the test. */
export interface ByteSource {
  readonly stream: Duplex;
  deliver(bytes: Buffer): void;
  /** With the last bytes in one go, where the wire has that. */
  fin(last: Buffer): void;
  reset(): void;
  close(): void;
}

const NO_BYTES = Buffer.alloc(0);

function framed(stream: Duplex, pipe: ScriptedPipe, id: number, close: () => void): ByteSource {
  return {
    stream,
    deliver: (bytes) => {
      pipe.receive(frame(DATA, 0, id, bytes));
    },
    fin: (last) => {
      pipe.receive(last.length === 0 ? frame(WINDOW_UPDATE, FIN, id, 0) : frame(DATA, FIN, id, last));
    },
    reset: () => {
      pipe.receive(frame(WINDOW_UPDATE, RST, id, 1));
    },
    close,
  };
}

/** A stream that the peer has opened. */
async function muxStream(): Promise<ByteSource> {
  const pipe = new ScriptedPipe();
  let stream: MuxStream | undefined;
  const mux = new Multiplexer(pipe, { role: 'server', onStream: (accepted) => (stream = accepted) });
  pipe.receive(frame(DATA, SYN, 1, NO_BYTES));
  await turn();
  if (stream === undefined) throw new Error('nothing was accepted');
  return framed(stream, pipe, 1, () => {
    mux.destroy('done');
  });
}

/** A dial that the peer has answered. */
async function dialStream(): Promise<ByteSource> {
  const pipe = new ScriptedPipe();
  const mux = new Multiplexer(pipe, { role: 'server' });
  const stream = dialed(mux);
  await turn();
  await turn();
  pipe.receive(frame(DATA, 0, 2, encodeConnected()));
  return framed(stream, pipe, 2, () => {
    mux.destroy('done');
  });
}

function dialed(mux: Multiplexer): DialStream {
  return mux.openStreamOf(
    (host) => new DialStream(host, { target: 'wolf-1', streamClass: 'bulk', onPickedUp: () => undefined }),
  );
}

/** A dial through both ends of a resumable link, over a memory pipe that cuts as it likes. */
async function dialOverLink(seed: number): Promise<ByteSource> {
  const [near, far] = memoryPipePair({ chunking: { seed: seed + 1, maxBytes: 3000 } });
  const [api, agent] = [new ResumableLink({ role: 'server' }), new ResumableLink({ role: 'agent' })];
  let accept: (stream: MuxStream) => void = () => undefined;
  const accepted = new Promise<MuxStream>((resolve) => (accept = resolve));
  const mux = new Multiplexer(api, { role: 'server' });
  const farMux = new Multiplexer(agent, { role: 'client', onStream: (stream) => accept(stream) });
  api.attach(near, 0);
  agent.attach(far, 0);
  const stream = dialed(mux);
  const remote = await accepted;
  remote.on('error', () => undefined).resume();
  remote.write(encodeConnected());
  return {
    stream,
    deliver: (bytes) => void remote.write(bytes),
    fin: (last) => void remote.end(last),
    reset: () => {
      remote.reset('cancelled');
    },
    close: () => {
      mux.destroy('done');
      farMux.destroy('done');
    },
  };
}

/** A data connection of the older generations. */
async function webSocketStream(): Promise<ByteSource> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  far.on('error', () => undefined);
  const [near] = await accepted;
  server.close();
  const stream = new WebSocketByteStream(near);
  far.resume();
  return {
    stream,
    deliver: (bytes) => void far.write(webSocketFrame(2, bytes)),
    fin: (last) => {
      far.cork();
      if (last.length > 0) far.write(webSocketFrame(2, last));
      far.end(webSocketFrame(8, Buffer.of(0x03, 0xe8)));
      far.uncork();
    },
    // 1011: the far service failed in the middle.
    reset: () => void far.end(webSocketFrame(8, Buffer.of(0x03, 0xf3))),
    close: () => {
      far.destroy();
      stream.destroy();
    },
  };
}

/** As a client sends it; a mask of zeros changes nothing. */
function webSocketFrame(opcode: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(payload.length < 126 ? 6 : 14);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (payload.length < 126 ? payload.length : 127);
  if (payload.length >= 126) header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}

export const BYTE_SOURCES: Readonly<Record<string, (seed: number) => Promise<ByteSource>>> = {
  'a stream of the multiplexer': muxStream,
  'a dial': dialStream,
  'a dial over a whole link': dialOverLink,
  'a WebSocket data connection': webSocketStream,
};
