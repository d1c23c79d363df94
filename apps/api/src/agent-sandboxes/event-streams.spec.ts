import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { WolfWatches, type WolfClient, type WolfEvent, type WolfEventStream } from '@helix/wolf-client';
import { eventually } from '@helix/pacing/testing';
import { Drain } from '../health/drain.js';
import { EventStreams } from './event-streams.js';

/** A Wolf that sends more events than any reader can take. */
class ChattyEvents implements WolfEventStream {
  isClosed = false;

  close(): void {
    this.isClosed = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WolfEvent> {
    while (!this.isClosed) {
      yield { type: 'image-pull-began', imageName: 'x'.repeat(4096) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('a stream of events', () => {
  let events: ChattyEvents;
  let watches: WolfWatches;
  let streams: EventStreams;
  let server: Server;

  beforeEach(async () => {
    events = new ChattyEvents();
    const client: Pick<WolfClient, 'openEvents' | 'listLobbies' | 'listSessions'> = {
      openEvents: ({ signal } = {}) => {
        signal?.addEventListener('abort', () => {
          events.close();
        });
        return Promise.resolve(events);
      },
      listLobbies: () => Promise.resolve([]),
      listSessions: () => Promise.resolve([]),
    };
    watches = new WolfWatches({ for: () => client as WolfClient });
    streams = new EventStreams(watches, new Drain());
    server = createServer((_, response) => {
      streams.open('gpu-1', response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    await streams.beforeApplicationShutdown();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is cut when its reader does not read, and ends Wolf’s stream', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    await eventually(() => {
      expect(streams.openCount).toBe(1);
    });
    await eventually(() => {
      expect([streams.openCount, watches.size, events.isClosed]).toEqual([0, 0, true]);
    });
    socket.destroy();
  });

  it('goes on for a reader who reads', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    let receivedBytes = 0;
    for await (const piece of socket) {
      receivedBytes += (piece as Buffer).length;
      // Far beyond what one who does not read may leave.
      if (receivedBytes > 8 * 1024 * 1024) break;
    }
    expect(receivedBytes).toBeGreaterThan(8 * 1024 * 1024);
    await eventually(() => {
      expect([streams.openCount, events.isClosed]).toEqual([0, true]);
    });
  });
});
