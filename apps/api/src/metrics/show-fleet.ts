import type { FleetTotals } from '@helix/scheduler';
import { Gauge, type Registry } from 'prom-client';

/** Hosts and their slots. Without a database they are left out: the rest is still worth reading. */
export function showFleet(totals: FleetTotals, registers: Registry[]): void {
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
