import { ConnectionManager, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../session/session-id.js';
import { BootingDesktops } from './booting-desktops.js';

describe('BootingDesktops', () => {
  const sessionId = createSessionId();
  const runnerId = runnerIdOf('sandbox', sessionId);
  let connections: ConnectionManager;
  let booting: BootingDesktops;

  function begin(graceMs: number, maxRunnerCount = 10): void {
    connections = new ConnectionManager({ graceMs, maxRunnerCount });
    booting = new BootingDesktops(connections, (id) => `session:${id}`);
    booting.start();
  }

  afterEach(async () => {
    booting.close();
    await connections.close(0);
  });

  it('are waited for, and are not taken for such that were connected', async () => {
    begin(60_000);
    booting.expect(sessionId);
    expect(connections.find(runnerId)).toMatchObject({ state: 'grace' });
    expect(booting.find(runnerId)).toBeUndefined();
    const dial = connections.dial(runnerId);
    connections.remove(runnerId);
    await expect(dial).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    // Forgotten: one that loses its link later is told as lost.
    connections.expect(runnerId, 'session');
    expect(booting.find(runnerId)).toMatchObject({ state: 'grace' });
  });

  it('are forgotten when they do not come', async () => {
    begin(10);
    booting.expect(sessionId);
    await expect(connections.dial(runnerId)).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    await eventually(() => {
      expect(connections.find(runnerId)).toBeUndefined();
    });
    connections.expect(runnerId, 'session');
    expect(booting.find(runnerId)).toBeDefined();
  });

  it('are no more than there may be runners, and one that is known stays what it is', () => {
    begin(60_000, 1);
    connections.expect(runnerId, 'session');
    booting.expect(sessionId);
    expect(booting.find(runnerId)).toMatchObject({ state: 'grace' });
    const other = createSessionId();
    booting.expect(other);
    expect(connections.find(runnerIdOf('sandbox', other))).toBeUndefined();
  });
});
