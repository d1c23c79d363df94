import { ConnectionManager, runnerIdOf, type LinkEnd, type LinkStats, type RunnerLink } from '@helix/revdial';
import { WolfInstanceRegistry } from '@helix/scheduler';
import { eventually } from '@helix/pacing/testing';
import { ApiInProcess } from './support/api-in-process.js';

/** A link that stands and carries nothing, from an address of the test's choice. */
class StandingLink implements RunnerLink {
  readonly runnerId;
  readonly principal = 'runner';
  readonly transport = 'hijack';
  readonly connectedAt = new Date();
  readonly closed: Promise<LinkEnd>;
  #end: (end: LinkEnd) => void = () => undefined;

  constructor(
    instanceId: string,
    readonly remoteAddress: string,
  ) {
    this.runnerId = runnerIdOf('wolf', instanceId);
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  openStream(): Promise<never> {
    return Promise.reject(new Error('carries nothing'));
  }

  stats(): LinkStats {
    const none = { roundTripMs: undefined, unansweredMs: 0, openStreamCount: 0, bytesIn: 0, bytesOut: 0 };
    return { lastSeenAt: this.connectedAt, ...none };
  }

  probe(): void {
    // It answers nothing.
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#end({ reason: 'shutdown', at: new Date() });
  }
}

describe('what the registry hears of links', () => {
  let api: ApiInProcess;
  let connections: ConnectionManager;
  let registry: WolfInstanceRegistry;

  beforeAll(async () => {
    api = await ApiInProcess.start();
    connections = api.api.app.get(ConnectionManager);
    registry = api.api.app.get(WolfInstanceRegistry);
  });

  afterAll(() => api.close());

  it('passes over a host that the registry refuses', async () => {
    connections.register(new StandingLink('refused', 'x'.repeat(301)));
    connections.register(new StandingLink('next', '10.0.0.2'));
    await eventually(async () => {
      expect(await registry.find('next')).toMatchObject({ linkConnected: true, address: '10.0.0.2' });
    });
    expect(await registry.find('refused')).toBeUndefined();
  });

  it('knows a host whose address had gone with its socket', async () => {
    connections.register(new StandingLink('nowhere', ''));
    await eventually(async () => {
      expect(await registry.find('nowhere')).toMatchObject({ linkConnected: true, address: 'unknown' });
    });
  });

  it('passes over a host that cannot be written now, and writes it later', async () => {
    await api.dataSource.query(
      `CREATE FUNCTION refuse_host() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.id = 'later' THEN RAISE EXCEPTION 'not now'; END IF; RETURN NEW; END $$`,
    );
    await api.dataSource.query(
      'CREATE TRIGGER refuse_host BEFORE INSERT ON wolf_instances FOR EACH ROW EXECUTE FUNCTION refuse_host()',
    );
    connections.register(new StandingLink('later', '10.0.0.3'));
    connections.register(new StandingLink('now', '10.0.0.4'));
    await eventually(async () => {
      expect(await registry.find('now')).toMatchObject({ linkConnected: true });
    });
    expect(await registry.find('later')).toBeUndefined();
    await api.dataSource.query('DROP TRIGGER refuse_host ON wolf_instances');
    await eventually(async () => {
      expect(await registry.find('later')).toMatchObject({ linkConnected: true, address: '10.0.0.3' });
    });
  });
});
