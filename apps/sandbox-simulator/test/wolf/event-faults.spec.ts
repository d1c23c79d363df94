import { RawWolf } from './raw-wolf.js';
import type { WolfFaults } from '../../src/wolf/wolf-faults.js';

const NAME = 'event: wolf::core::events::StopStreamEvent';

describe('faults of the simulated event stream', () => {
  let raw: RawWolf;
  beforeEach(async () => {
    raw = await RawWolf.start({ keepAliveIntervalMs: 3_600_000 });
  });
  afterEach(() => raw.close());

  async function framesUnder(fault: WolfFaults['events']): Promise<string> {
    const events = await raw.listen();
    raw.wolf.faults.events = fault;
    raw.wolf.broadcast('StopStreamEvent', { session_id: '1' });
    raw.wolf.broadcast('StopStreamEvent', { session_id: '2' });
    raw.wolf.faults.events = 'normal';
    raw.wolf.broadcast('StopStreamEvent', { session_id: '42' });
    await events.until((received) => received.includes('"42"'));
    return events.frames;
  }

  it('are none at first', async () => {
    expect(await framesUnder('normal')).toBe(
      ['1', '2', '42'].map((id) => `${NAME}\ndata: {"session_id":"${id}"}\n\n`).join(''),
    );
  });

  it('can be silence', async () => {
    expect(await framesUnder('silent')).toBe(`${NAME}\ndata: {"session_id":"42"}\n\n`);
  });

  it('can be lines that are not JSON', async () => {
    expect(await framesUnder('not-json')).toContain(`${NAME}\ndata: <torn>\n\n`);
  });

  it('can be two frames in one another, with no byte lost', async () => {
    const torn = await framesUnder('interleaved');
    const whole = `${NAME}\ndata: {"session_id":"1"}\n\n`;
    expect(torn).not.toContain(whole);
    expect(torn).toHaveLength(2 * whole.length + whole.length + 1);
  });

  it('can be the pings of a stream around each event, and frames without measure', async () => {
    expect(await framesUnder('pings')).toContain('event: wolf::core::events::RTPVideoPingEvent\ndata: {"client_ip"');
    expect((await framesUnder('oversized')).length).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('can be no events at all', async () => {
    raw.wolf.faults.events = 'absent';
    expect(await raw.get('/events')).toBe('HTTP/1.0 404 OK\r\nContent-Length: 0\r\n\r\n');
  });

  it('leave the comments alone that keep a connection alive', async () => {
    const brisk = await RawWolf.start({ keepAliveIntervalMs: 5 });
    const events = await brisk.listen();
    await events.until((received) => received.endsWith(':keepalive\n\n'));
    expect(events.frames).toMatch(/^(?::keepalive\n\n)+$/);
    await brisk.close();
  });

  it('can be a cut, after which a listener comes back without replay', async () => {
    const events = await raw.listen();
    raw.wolf.cutEvents();
    await events.until(() => false);
    expect(events.ended).toBe(true);
    expect((await raw.listen()).frames).toBe('');
  });
});
