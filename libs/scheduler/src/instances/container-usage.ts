/** What a desktop's container takes of the host's disk. */
export interface ContainerUsage {
  readonly name: string;
  readonly sizeBytes: number;
}
