/** What an operator decides for a host. Absent: left as it is; null: the operator's word no longer counts, and the host's or the default does. */
export interface HostEdit {
  readonly name?: string;
  /** In place of all that are there. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly maxSandboxes?: number | null;
  readonly encoderSessionsMax?: number | null;
  /** In MiB; 0: a session is taken to need none. */
  readonly videoMemoryPerSessionMb?: number | null;
}
