import type { RevDialGateway, RunnerPresence } from '@helix/revdial';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type Values = Readonly<Partial<Record<string, number>>>;

/** The tunnel counts by itself; each count is shown as it stands. */
export function showTunnel(presence: RunnerPresence, gateway: RevDialGateway, registers: Registry[]): void {
  const { counters } = gateway;
  const gauge = (name: string, help: string, label: string, values: () => Values): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(values())) this.set({ [label]: value }, count ?? 0);
      },
    });
  };
  const number = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  const counter = (name: string, help: string, label: string, values: () => Values): void => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(values())) this.inc({ [label]: value }, count);
      },
    });
  };

  gauge('helix_tunnel_links', 'Links that stand or may be resumed, one for each runner', 'transport', () => {
    return presence.totals().links;
  });
  number('helix_tunnel_streams_open', 'Streams open to runners', () => presence.totals().openStreamCount);
  number(
    'helix_tunnel_dials_waiting',
    'Dials that wait for a runner in its grace period, or for its link to be resumed',
    () => presence.totals().waitingDialCount,
  );
  const dialSeconds = new Histogram({
    name: 'helix_tunnel_dial_duration_seconds',
    help: 'Time until a dial was picked up, waits for a lost link excluded',
    labelNames: ['transport'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  counters.onPickedUp = (tookMs, transport) => {
    dialSeconds.observe({ transport }, tookMs / 1_000);
  };

  counter('helix_tunnel_links_opened_total', 'Links opened', 'transport', () => counters.linksOpened);
  counter('helix_tunnel_links_ended_total', 'Links ended', 'reason', () => counters.linksEnded);
  counter('helix_tunnel_refusals_total', 'Control and data connections refused', 'status', () => counters.refusals);
  counter('helix_tunnel_dial_failures_total', 'Dials that failed', 'code', () => counters.dialFailures);
  counter('helix_tunnel_request_failures_total', 'Requests over dials that failed', 'code', () => {
    return counters.requestFailures;
  });
  counter('helix_tunnel_events_total', 'What else happened in the tunnel', 'event', () => ({
    dial_started: counters.dialsStarted,
    dial_succeeded: counters.dialsSucceeded,
    dial_moved: counters.dialsMoved,
    superseded: counters.supersedes,
    other_machine_refused: counters.otherMachinesRefused,
    reconnected_within_grace: counters.reconnectsWithinGrace,
    resumed: counters.resumptions,
    request: counters.requests,
    request_retried: counters.requestsRetried,
  }));

  let latest: ReturnType<RevDialGateway['multiplexedTotals']> | undefined;
  /** Once for all that show a part of them: they are sums over ten thousand links. */
  const totals = (): ReturnType<RevDialGateway['multiplexedTotals']> => {
    if (latest === undefined) {
      latest = gateway.multiplexedTotals();
      setImmediate(() => {
        latest = undefined;
      });
    }
    return latest;
  };
  gauge('helix_tunnel_multiplexed_connections', 'Links of generation 3, each with all of its runners', 'state', () => {
    const { connectionCount, awayCount } = totals();
    return { connected: connectionCount - awayCount, away: awayCount };
  });
  gauge('helix_tunnel_round_trip_seconds', 'Round trips of links of generation 3', 'statistic', () => {
    const sorted = [...totals().roundTripsMs].sort((one, other) => one - other);
    if (sorted.length === 0) return {};
    return {
      median: (sorted[Math.floor(sorted.length / 2)] ?? 0) / 1_000,
      max: (sorted[sorted.length - 1] ?? 0) / 1_000,
    };
  });
  gauge('helix_tunnel_queued_bytes', 'Written to streams and not on its way yet', 'class', () => {
    return totals().queuedBytesByClass;
  });
  number('helix_tunnel_unread_bytes', 'Received on streams and not read yet', () => totals().unreadBytes);
  number('helix_tunnel_replay_bytes', 'Kept until their arrival is acknowledged', () => totals().replayBufferedBytes);
  counter('helix_tunnel_replayed_bytes_total', 'Bytes sent once more after a resumption', 'direction', () => ({
    out: counters.replayedBytes,
  }));
  counter('helix_tunnel_resumptions_refused_total', 'Resumptions refused', 'reason', () => counters.resumptionsRefused);
  counter('helix_tunnel_resets_total', 'Streams that either end reset', 'code', () => totals().resetsByCode);
}
