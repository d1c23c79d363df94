import fc from 'fast-check';
import { LINK_TURN_MS } from '../../src/resumable/limits.js';
import { ResumableLink } from '../../src/resumable/resumable-link.js';
import { ManualClock } from '../support/manual-clock.js';
import type { MemoryCarrier } from '../support/memory-carriers.js';
import { memoryCarriers } from '../support/memory-carriers.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

const HOLD_MS = 10_000;
const SILENCE_MS = 4_500;
const SIDES = ['agent', 'server'] as const;
type Side = (typeof SIDES)[number];

/** What a link is, without any of how: two byte strings that grow, and a line that stands or does not. */
interface Model {
  readonly written: Record<Side, number>;
  readonly isPaused: Record<Side, boolean>;
  isConnected: boolean;
  /** How long it has been without a line. */
  heldMs: number;
  isExpired: boolean;
}

/** The byte at each offset, so that a loss or a repetition shows. */
function bytesAt(offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => ((offset + index) * 7 + ((offset + index) >> 8)) & 0xff));
}

class Real {
  readonly clock = new ManualClock();
  readonly links: Record<Side, ResumableLink>;
  readonly heard: Record<Side, RecordingReceiver> = { agent: new RecordingReceiver(), server: new RecordingReceiver() };
  carriers: Record<Side, MemoryCarrier> | undefined;

  constructor() {
    const options = { clock: this.clock, holdMs: HOLD_MS, timings: { silenceLimitMs: SILENCE_MS } };
    this.links = {
      agent: new ResumableLink({ ...options, role: 'agent' }),
      server: new ResumableLink({ ...options, role: 'server' }),
    };
    for (const side of SIDES) this.links[side].start(this.heard[side]);
  }

  connect(): void {
    // The agent comes back when it has lost its carrier; the server may still believe in the old one.
    const agentReceived = this.links.agent.detach();
    const [agent, server] = memoryCarriers(true);
    const serverReceived = this.links.server.detach();
    this.carriers = { agent, server };
    this.links.server.attach(server, agentReceived);
    this.links.agent.attach(agent, serverReceived);
  }

  /** Everything under way arrives, and everything that follows from it. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      const { carriers } = this;
      const waiting = carriers === undefined ? 0 : carriers.agent.waitingBytes + carriers.server.waitingBytes;
      carriers?.agent.deliver();
      carriers?.server.deliver();
      await turn();
      this.clock.nowMs += 1;
      quiet = waiting === 0 ? quiet + 1 : 0;
    }
  }
}

/** Ticks and promises of what was done are over. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function other(side: Side): Side {
  return side === 'agent' ? 'server' : 'agent';
}

/** True after every step, whatever it was. */
function check(model: Model, real: Real): void {
  for (const side of SIDES) {
    const heard = real.heard[side].bytes;
    expect(heard.length).toBeLessThanOrEqual(model.written[other(side)]);
    expect(heard.equals(bytesAt(0, heard.length))).toBe(true);
    expect(real.links[side].received).toBe(heard.length);
    expect(real.heard[side].ends.map(({ code }) => code)).toEqual(model.isExpired ? ['expired'] : []);
  }
  expect(real.clock.linkCount).toBe(model.isExpired ? 0 : 2);
}

type Command = fc.AsyncCommand<Model, Real>;

abstract class Step implements Command {
  check(model: Readonly<Model>): boolean {
    return !model.isExpired;
  }

  async run(model: Model, real: Real): Promise<void> {
    this.act(model, real);
    await turn();
    check(model, real);
  }

  protected abstract act(model: Model, real: Real): void;
  abstract toString(): string;
}

class Send extends Step {
  constructor(
    readonly side: Side,
    readonly length: number,
  ) {
    super();
  }

  protected act(model: Model, real: Real): void {
    real.links[this.side].write([bytesAt(model.written[this.side], this.length)]);
    model.written[this.side] += this.length;
  }

  toString(): string {
    return `${this.side} sends ${String(this.length)}`;
  }
}

class Receive extends Step {
  constructor(
    readonly side: Side,
    readonly maxBytes: number,
  ) {
    super();
  }

  protected act(_model: Model, real: Real): void {
    real.carriers?.[other(this.side)].deliver(this.maxBytes);
  }

  toString(): string {
    return `${this.side} receives ${String(this.maxBytes)}`;
  }
}

class Pause extends Step {
  constructor(
    readonly side: Side,
    readonly isPaused: boolean,
  ) {
    super();
  }

  protected act(model: Model, real: Real): void {
    model.isPaused[this.side] = this.isPaused;
    if (this.isPaused) real.links[this.side].pause();
    else real.links[this.side].resume();
  }

  toString(): string {
    return `${this.side} ${this.isPaused ? 'pauses' : 'goes on'}`;
  }
}

class Cut extends Step {
  protected act(model: Model, real: Real): void {
    real.carriers?.agent.cut();
    real.carriers?.server.cut();
    real.carriers = undefined;
    model.isConnected = false;
  }

  toString(): string {
    return 'cut';
  }
}

/** Also over a carrier that still stands: then it replaces it. */
class Resume extends Step {
  protected act(model: Model, real: Real): void {
    real.connect();
    model.isConnected = true;
    model.heldMs = 0;
  }

  toString(): string {
    return 'resume';
  }
}

class Wait extends Step {
  constructor(readonly ms: number) {
    super();
  }

  protected act(model: Model, real: Real): void {
    for (let waitedMs = 0; waitedMs < this.ms; waitedMs += LINK_TURN_MS) {
      // A line that stands carries pings and their answers; the test of silence is another one.
      real.clock.advance(LINK_TURN_MS);
      if (!model.isConnected) model.heldMs += LINK_TURN_MS;
      real.carriers?.agent.deliver();
      real.carriers?.server.deliver();
    }
    model.isExpired = model.heldMs >= HOLD_MS;
  }

  toString(): string {
    return `wait ${String(this.ms)}`;
  }
}

class Expire extends Step {
  override check(model: Readonly<Model>): boolean {
    return !model.isExpired && !model.isConnected;
  }

  protected act(model: Model, real: Real): void {
    real.clock.advance(HOLD_MS);
    model.isExpired = true;
  }

  toString(): string {
    return 'expire';
  }
}

describe('ResumableLink and its model', () => {
  it('agree whatever is sent, received, paused, cut, resumed and expired', async () => {
    const side = fc.constantFrom(...SIDES);
    const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90_000 }));
    const commands = fc.commands(
      [
        fc.tuple(side, size).map(([who, length]) => new Send(who, length)),
        fc.tuple(side, size).map(([who, maxBytes]) => new Receive(who, maxBytes)),
        fc.tuple(side, fc.boolean()).map(([who, isPaused]) => new Pause(who, isPaused)),
        fc.constant(new Cut()),
        fc.constant(new Resume()),
        fc.integer({ min: LINK_TURN_MS, max: 6_000 }).map((ms) => new Wait(ms)),
        fc.constant(new Expire()),
      ],
      { maxCommands: 60 },
    );
    const numRuns = Math.min(20_000, Number(process.env['FUZZ_RUNS'] ?? 150));
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const real = new Real();
        const model: Model = {
          written: { agent: 0, server: 0 },
          isPaused: { agent: false, server: false },
          isConnected: false,
          heldMs: 0,
          isExpired: false,
        };
        await fc.asyncModelRun(() => ({ model, real }), steps);
        if (model.isExpired) return;
        // In the end everything arrives.
        real.connect();
        for (const who of SIDES) real.links[who].resume();
        await real.settle();
        check(model, real);
        for (const who of SIDES) expect(real.heard[who].byteCount).toBe(model.written[other(who)]);
        for (const who of SIDES) real.links[who].destroy('done');
      }),
      { numRuns },
    );
  }, 600_000);
});
