import { HIJACK_PROBE_AFTER_MS } from './limits.js';
import { TransportChooser } from './transport-chooser.js';

const SHORT_MS = 120_000;

describe('the transport chooser', () => {
  it('does not blame anything in between when the API was away between two losses', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.lost(1_000);
    chooser.unavailable();
    chooser.lost(1_000);
    expect(chooser.current).toBe('hijack');
    chooser.lost(1_000);
    expect(chooser.current).toBe('websocket');
  });

  it('takes the suspicion back when the second loss turns out to be the API going away', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.lost(1_000);
    chooser.lost(1_000);
    expect(chooser.current).toBe('websocket');
    chooser.unavailable();
    expect(chooser.current).toBe('hijack');
  });

  it('takes a refusal back too, when the API turns out to be away before a WebSocket has stood', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.refused('cut before the first keep-alive');
    chooser.unavailable();
    expect(chooser.current).toBe('hijack');
  });

  it('stays with a WebSocket that has stood, although the API goes away', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.lost(1_000);
    chooser.lost(1_000);
    chooser.connected();
    chooser.unavailable();
    expect(chooser.current).toBe('websocket');
  });

  it('counts only losses in a row: a long life in between is an acquittal', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.lost(1_000);
    chooser.lost(SHORT_MS);
    chooser.lost(1_000);
    expect(chooser.current).toBe('hijack');
  });

  it('goes from a refused WebSocket back to the hijack, but not at once', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    expect(chooser.refused('answered 426')).toBe(true);
    expect(chooser.current).toBe('websocket');
    expect(chooser.refused('answered 502')).toBe(false);
    expect(chooser.current).toBe('hijack');
  });

  it('tries the hijack again when a WebSocket that stood for hours is lost, and not before', () => {
    const chooser = new TransportChooser('auto', SHORT_MS);
    chooser.lost(1_000);
    chooser.lost(1_000);
    chooser.connected();
    chooser.lost(HIJACK_PROBE_AFTER_MS - 1);
    expect(chooser.current).toBe('websocket');
    chooser.lost(HIJACK_PROBE_AFTER_MS);
    expect(chooser.current).toBe('hijack');
    // Two young cuts are needed to leave it again.
    chooser.lost(1_000);
    expect(chooser.current).toBe('hijack');
  });

  it('never leaves a transport it was told to use', () => {
    const chooser = new TransportChooser('hijack', SHORT_MS);
    expect(chooser.refused('answered 426')).toBe(false);
    for (let count = 0; count < 5; count += 1) chooser.lost(1);
    expect(chooser.current).toBe('hijack');
  });
});
