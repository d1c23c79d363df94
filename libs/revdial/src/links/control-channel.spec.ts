import { jest } from '@jest/globals';
import { CONTROL_UNSENT_MAX_BYTES, PROBE_TRIALS_MAX_COUNT } from '../limits.js';
import { ControlChannel } from './control-channel.js';
import type { ControlChannelEvents } from './control-channel.js';
import type { ControlTransport, ControlTransportEvents } from './control-transport.js';

const NOTHING: ControlChannelEvents = {
  onReady: () => undefined,
  onMessage: () => undefined,
  onSeen: () => undefined,
  onTurn: () => undefined,
  onEnd: () => undefined,
};

/** A transport whose peer reads as much as the test says. */
class StuckTransport implements ControlTransport {
  readonly kind = 'hijack';
  readonly hasPings = false;
  readonly remoteAddress = '';
  readonly sent: string[] = [];
  unsentByteCount = 0;
  events: ControlTransportEvents | undefined;
  end: string | undefined;

  start(events: ControlTransportEvents): void {
    this.events = events;
  }

  send(bytes: Buffer): void {
    this.sent.push(bytes.toString());
    this.unsentByteCount += bytes.length;
  }

  ping(): void {
    this.sent.push('ping');
  }

  close(reason: string): void {
    this.end = `closed: ${reason}`;
  }

  destroy(reason: string): void {
    this.end = `destroyed: ${reason}`;
  }
}

describe('ControlChannel', () => {
  it('ends a peer that lets control bytes pile up', () => {
    const transport = new StuckTransport();
    const ends: string[] = [];
    const channel = new ControlChannel(transport);
    channel.start({ ...NOTHING, onEnd: (reason) => ends.push(reason) });
    for (let n = 0; n < 10_000; n += 1) channel.send({ command: 'keep-alive' });
    expect(ends).toEqual(['peer-silent']);
    expect(transport.end).toBe('destroyed: peer-silent');
    expect(transport.unsentByteCount).toBeLessThan(CONTROL_UNSENT_MAX_BYTES + 100);
  });

  it('says nothing before its transport is ready, and nothing after its end', () => {
    const transport = new StuckTransport();
    const ends: string[] = [];
    const channel = new ControlChannel(transport);
    channel.start({ ...NOTHING, onEnd: (reason) => ends.push(reason) });
    expect(channel.isReady).toBe(false);
    transport.events?.onReady();
    expect(channel.isReady).toBe(true);
    expect(transport.sent).toEqual(['{"command":"keep-alive"}\n']);
    channel.close('shutdown');
    channel.close('shutdown');
    channel.destroy('error');
    channel.send({ command: 'keep-alive' });
    transport.events?.onBytes(Buffer.from('not JSON\n'));
    expect(transport.sent).toHaveLength(1);
    expect(transport.end).toBe('closed: shutdown');
    expect(ends).toEqual([]);
  });

  describe('asking for a sign of life', () => {
    const ANSWER = Buffer.from('{"command":"keep-alive"}\n');

    it('counts how long a runner that answers owes one, and asks no second time meanwhile', () => {
      jest.useFakeTimers();
      try {
        const transport = new StuckTransport();
        const channel = new ControlChannel(transport);
        channel.start(NOTHING);
        transport.events?.onReady();
        transport.events?.onBytes(ANSWER);
        expect(channel.unansweredMs).toBe(0);
        channel.probe();
        const { length } = transport.sent;
        jest.advanceTimersByTime(1_500);
        channel.probe();
        expect(transport.sent).toHaveLength(length);
        expect(channel.unansweredMs).toBe(1_500);
        transport.events?.onBytes(ANSWER);
        expect(channel.unansweredMs).toBe(0);
        channel.close('shutdown');
      } finally {
        jest.useRealTimers();
      }
    });

    it('is not owed by a runner that never answers: its silence says nothing', () => {
      const transport = new StuckTransport();
      const channel = new ControlChannel(transport);
      channel.start(NOTHING);
      transport.events?.onReady();
      const { length } = transport.sent;
      for (let count = 0; count < 20; count += 1) channel.probe();
      // A few, by which it would be seen to answer.
      expect(transport.sent).toHaveLength(length + PROBE_TRIALS_MAX_COUNT);
      expect(channel.unansweredMs).toBe(0);
      channel.close('shutdown');
    });
  });
});
