import { Inject, Injectable } from '@nestjs/common';
import { SessionLists, SessionStreams } from '@helix/external-agent';
import { ConnectionManager } from '@helix/revdial';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus reads. Names begin with `helix_`; labels have few values, so nothing a caller sends makes a series. */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;

  constructor(
    @Inject(ConnectionManager) connections: ConnectionManager,
    @Inject(SessionLists) sessions: SessionLists,
    @Inject(SessionStreams) streams: SessionStreams,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.requestSeconds = new Histogram({
      name: 'helix_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    new Gauge({
      name: 'helix_runners',
      help: 'Runners by kind and state',
      labelNames: ['kind', 'state'],
      registers,
      collect() {
        this.reset();
        for (const runner of connections.list()) this.inc({ kind: runner.kind, state: runner.state });
      },
    });
    new Gauge({
      name: 'helix_tunnel_streams_open',
      help: 'Streams open to runners',
      registers,
      collect() {
        this.set(
          connections
            .list()
            .reduce((sum, runner) => sum + (runner.state === 'connected' ? runner.stats.openStreamCount : 0), 0),
        );
      },
    });
    new Gauge({
      name: 'helix_tunnel_dials_waiting',
      help: 'Dials that wait for a runner in its grace period',
      registers,
      collect() {
        this.set(
          connections.list().reduce((sum, runner) => sum + (runner.state === 'grace' ? runner.waitingDialCount : 0), 0),
        );
      },
    });
    countersOf(connections, registers);
    new Gauge({
      name: 'helix_streams_open',
      help: 'Streams of desktops to viewers',
      registers,
      collect() {
        this.set(streams.openCount);
      },
    });
    new Counter({
      name: 'helix_streams_ended_total',
      help: 'Streams that have ended',
      labelNames: ['cause'],
      registers,
      collect() {
        this.reset();
        for (const [cause, count] of streams.endedCounts) this.inc({ cause }, count);
      },
    });
    new Gauge({
      name: 'helix_sessions',
      help: 'Sessions by state',
      labelNames: ['state'],
      registers,
      async collect() {
        // Without a database the rest is still worth reading.
        const counts = await sessions.countByState().catch(() => undefined);
        this.reset();
        for (const [state, count] of Object.entries(counts ?? {})) this.set({ state }, count);
      },
    });
  }
}

/** The tunnel counts by itself; each count is shown as it stands. */
function countersOf({ counters }: ConnectionManager, registers: Registry[]): void {
  const show = (
    name: string,
    help: string,
    label: string,
    counts: () => Readonly<Partial<Record<string, number>>>,
  ): void => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(counts())) this.inc({ [label]: value }, count);
      },
    });
  };
  show('helix_tunnel_links_opened_total', 'Links opened', 'transport', () => counters.linksOpened);
  show('helix_tunnel_links_ended_total', 'Links ended', 'reason', () => counters.linksEnded);
  show('helix_tunnel_refusals_total', 'Control and data connections refused', 'status', () => counters.refusals);
  show('helix_tunnel_dial_failures_total', 'Dials that failed', 'code', () => counters.dialFailures);
  show(
    'helix_tunnel_request_failures_total',
    'Requests over dials that failed',
    'code',
    () => counters.requestFailures,
  );
  show('helix_tunnel_events_total', 'What else happened in the tunnel', 'event', () => ({
    dial_started: counters.dialsStarted,
    dial_succeeded: counters.dialsSucceeded,
    dial_moved: counters.dialsMoved,
    superseded: counters.supersedes,
    reconnected_within_grace: counters.reconnectsWithinGrace,
    request: counters.requests,
    request_retried: counters.requestsRetried,
  }));
}
