import { Injectable } from '@nestjs/common';
import { SessionLists, SessionStreams } from '@helix/external-agent';
import { ConnectionManager, RevDialGateway } from '@helix/revdial';
import { FleetTotals } from '@helix/scheduler';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { showFleet } from './show-fleet.js';
import { showTunnel } from './show-tunnel.js';

/** What Prometheus reads. Names begin with `helix_`; labels have few values, so nothing a caller sends makes a series. */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;

  constructor(
    connections: ConnectionManager,
    sessions: SessionLists,
    streams: SessionStreams,
    gateway: RevDialGateway,
    fleet: FleetTotals,
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
    showTunnel(connections, gateway, registers);
    showFleet(fleet, registers);
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
