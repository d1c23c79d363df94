/** Work that any replica may do at any time, any number of times. */
export interface MaintenanceTask {
  /** For the log. */
  readonly name: string;
  /** The rest between two turns; each is up to a quarter shorter or longer, so that replicas do not keep step. */
  readonly intervalMs: number;
  run(): Promise<unknown>;
}
