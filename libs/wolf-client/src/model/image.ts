/** An image as the host's Docker describes it (wolf-api §3.8). Its configuration, environment included, is not read. */
export interface DockerImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes?: number;
  readonly createdAt?: string;
  readonly architecture?: string;
  readonly os?: string;
}

/** One line of a pull's progress. */
export interface PullProgress {
  /** In Docker's words, such as `Downloading`. */
  readonly status: string;
  /** Of the layer, mostly. */
  readonly id?: string;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}
