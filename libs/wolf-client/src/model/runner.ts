/** A container that Wolf starts. Lists may be empty. */
export interface DockerRunner {
  readonly type: 'docker';
  readonly name: string;
  readonly image: string;
  /** `source:destination[:mode]`. */
  readonly mounts: readonly string[];
  /** `NAME=value`, in this order; the container sees the last of a name. */
  readonly env: readonly string[];
  /** `host:container[:permissions]`. */
  readonly devices: readonly string[];
  /** `host:container[/tcp|/udp]`. */
  readonly ports: readonly string[];
  /** JSON text over which Wolf lays its own settings. */
  readonly baseCreateJson?: string;
}

export interface ProcessRunner {
  readonly type: 'process';
  readonly runCommand: string;
}

/**
 * A runner as Wolf lists it: printed again, with modes filled in and `base_create_json` always there, so it never
 * equals the one that was sent (wolf-api §3.1.1). Only `name`, `image` and `env` come back unchanged.
 */
export type ListedRunner = DockerRunner | ProcessRunner | { readonly type: 'other' };
