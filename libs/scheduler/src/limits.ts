/** Everything that a host or a caller can grow here. */
export const SCHEDULER_LIMITS = {
  /** A host not heard of for this long gets no sessions: three heartbeats of 30 s missed (helix-rest §4.1, §9). */
  silenceMs: 90_000,

  /** Slots of a host that never said how many it has; what Helix gives to hosts that register by their link (helix-rest §4.1). */
  maxSandboxesDefault: 20,

  /** More desktops than any machine has encoders for; above it a number is a mistake. */
  maxSandboxes: 10_000,

  /** Long enough for host names with a cluster and a zone in them; also fits runner ids with their prefix. */
  instanceIdChars: 128,
  nameChars: 200,
  /** An IPv6 address with port, or a socket's path. */
  addressChars: 300,
  /** `nvidia`, `NVIDIA RTX 6000 Ada Generation`: a word and a product's name. */
  gpuVendorChars: 32,
  gpuTypeChars: 200,
  renderNodeChars: 64,
  /** A version becomes an image's tag, which may have 128 characters. */
  versionChars: 128,
  /** One entry for each kind of desktop. */
  desktopVersions: 64,
  /** Mounts that a host reports; real ones report two. */
  disks: 32,
  mountPointChars: 256,

  /** Hosts in one list; thousands are planned for. */
  listedInstances: 10_000,
  /** Hosts told in a refusal: enough to see the pattern. */
  refusedHosts: 50,
  /** Sessions of one host in one list; no host has more slots. */
  listedPlacements: 10_000,
  /** Links refreshed in one statement. */
  touchedInstances: 10_000,

  /** Waiting for other placements. One takes a few milliseconds, so this much is hundreds of them. */
  placementLockMs: 5_000,
  /** Of one replica at the lock: one has it, one is next. Each holds one of ten connections. */
  placementsAtOnce: 2,
  /** Those that wait for their turn. They hold nothing but their caller. */
  placementsWaiting: 1_000,
  /** How long they wait: with the lock's own time, less than what a caller of a create waits for. */
  placementQueueMs: 15_000,
} as const;
