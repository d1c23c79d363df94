import { Injectable } from '@nestjs/common';
import { SessionLists, SessionStreams } from '@helix/external-agent';
import { RevDialGateway, RunnerPresence } from '@helix/revdial';
import { FleetTotals } from '@helix/scheduler';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { shownRunnerState } from '../answers/runner-state.js';
import { showTunnel } from './show-tunnel.js';

/** What Prometheus reads. Names begin with `helix_`; labels have few values, so nothing a caller sends makes a series. */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;

  constructor(
    presence: RunnerPresence,
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
        for (const runner of presence.list()) this.inc({ kind: runner.kind, state: shownRunnerState(runner) });
      },
    });
    showTunnel(presence, gateway, registers);
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

/** Express middleware: the time of every request, under its route's pattern and never its path. */
export function measureRequests(metrics: MetricsService): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    response.once('close', () => {
      const matched: unknown = request.route;
      const pattern = typeof matched === 'object' && matched !== null && 'path' in matched ? matched.path : undefined;
      metrics.requestSeconds.observe(
        {
          method: request.method,
          route: typeof pattern === 'string' ? pattern : 'none',
          status: response.writableFinished ? String(response.statusCode) : 'aborted',
        },
        (performance.now() - startedAt) / 1_000,
      );
    });
    next();
  };
}

/** Hosts and their slots. Without a database they are left out: the rest is still worth reading. */
function showFleet(totals: FleetTotals, registers: Registry[]): void {
  new Gauge({
    name: 'helix_wolf_instances',
    help: 'Hosts by status',
    labelNames: ['status'],
    registers,
    async collect() {
      const counts = await totals.read().catch(() => undefined);
      this.reset();
      for (const [status, count] of Object.entries(counts?.byStatus ?? {})) this.set({ status }, count);
    },
  });
  new Gauge({
    name: 'helix_wolf_slots',
    help: 'Slots of all hosts; free: of those that take sessions',
    labelNames: ['kind'],
    registers,
    async collect() {
      const counts = await totals.read().catch(() => undefined);
      this.reset();
      for (const [kind, count] of Object.entries(counts?.slots ?? {})) this.set({ kind }, count);
    },
  });
}
