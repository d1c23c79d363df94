/** Everything that a host or a caller can grow here. */
export const SCHEDULER_LIMITS = {
  /** A host not heard of for this long gets no sessions: three heartbeats of 30 s missed (helix-rest §4.1, §9). */
  silenceMs: 90_000,

  /** Another machine that has not claimed a host's id for this long is gone: its agent asks at least every 30 s, and is told of each minute. */
  otherMachineKeptMs: 300_000,

  /** A linked host whose last heartbeat is older has a daemon in trouble: four missed (helix-rest §4.1). */
  heartbeatLateMs: 120_000,
  /** Why requests through a host's link fail, as it is shown. */
  canaryFailureChars: 200,

  /** A replica whose lease is over is gone, and its links with it … */
  replicaLeaseMs: 15_000,
  /** … so it is renewed three times in that, */
  replicaRenewMs: 5_000,
  /** and not by each caller that asks. */
  replicaFreshMs: 1_000,
  /** Rows of replicas that are gone, for those who look for what happened. */
  replicaForgottenMs: 86_400_000,
  /** Between two looks for hosts whose replica is gone and that have not come to another one. */
  orphanSweepMs: 5_000,
  /** How long they may take to come, where the application does not say otherwise. */
  orphanGraceMs: 30_000,

  /** Rest between two looks for hosts that fell silent; added to the silence before placement knows of it. */
  statusSweepMs: 5_000,
  /** Rest between two purges of what was kept for long enough. */
  purgeMs: 1_800_000,

  /** What became of hosts: enough to see a month of trouble, bounded for one that flaps. */
  eventsKeptMs: 30 * 86_400_000,
  eventsPerInstance: 500,
  listedEvents: 500,

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
  /** GPUs that a host reports; the largest machines have sixteen. */
  gpus: 32,
  /** Containers kept of a report, the largest ones: those that fill a disk. */
  containers: 50,
  containerNameChars: 256,

  /** A disk's use is kept once for each span of this length, with the last that was told in it. */
  diskSampleMs: 300_000,
  /** As long as clients ask back (helix-rest §4.1). */
  diskSamplesKeptMs: 7 * 86_400_000,
  /** Samples of one host in one span: all of its mounts, and those that changed their name meanwhile. */
  diskSamplesPerSpan: 64,
  /** Points of one mount in a history, whatever its length: more than a chart has pixels for is not seen. */
  diskHistoryPoints: 300,
  /** Rows that one statement drops, so that no other statement waits for a large one. */
  purgedAtOnce: 5_000,

  /** What operators sort hosts by; names and values as long as a label of DNS. */
  labels: 32,
  labelChars: 63,
  /** Why a host is taken out of service: one sentence, read in lists. */
  reasonChars: 200,
  /** The longest that a drain waits before it stops what is left. */
  drainDeadlineMs: 7 * 86_400_000,
  /** Deadlines this near to each other are one: the same order was sent again. */
  sameDeadlineMs: 10_000,
  /** Of one session, in MiB; more than any GPU has. */
  videoMemoryMb: 1_048_576,

  /** Hosts in one list; thousands are planned for. */
  listedInstances: 10_000,
  /** How old the numbers of the fleet may be; scrapers ask every few seconds, each replica. */
  totalsAgeMs: 5_000,
  /** Hosts told of in an explanation: enough to see the pattern. */
  explainedHosts: 50,
  /** Hosts told of in the record of a placement: those that were passed over on the way. */
  recordedHosts: 8,
  /** Records of decisions are for those who ask why; after a week they are dropped. */
  decisionsKeptMs: 7 * 86_400_000,
  /** Sessions of one host in one list; no host has more slots. */
  listedPlacements: 10_000,
  /** Links refreshed in one statement. */
  touchedInstances: 10_000,

  /** A reservation that is neither confirmed nor renewed: longer than the slowest create of a lobby (wolf-api §4.2). */
  reservationMs: 180_000,
  /** Looks for reservations whose time is over: well within it. */
  expirySweepMs: 10_000,
  /** Looks for slots for those who wait, where no release gives them one: a host that came, a limit that rose. */
  queueServeMs: 1_000,
  /** Reservations taken back at once. */
  expiredAtOnce: 500,
  /** A desktop takes its encoder and its memory while it boots; until then a measurement does not show it. */
  unseenMs: 30_000,
  /** What a session is taken to need unless told otherwise: 16 GiB carried five or six (wolf-api §4.5), each with room. */
  videoMemoryPerSessionMbDefault: 2_048,
  /** Sessions that wait for a slot. */
  queuedSessions: 1_000,
  /** Different wishes of theirs that are looked for in vain in one go: each may cost a walk along the whole fleet. */
  queueShapes: 64,

  /** Waiting for other placements. One batch takes some milliseconds, so this much is hundreds of them. */
  placementLockMs: 5_000,
  /** Batches of one replica at the lock: a second would wait there with a connection, and be smaller than one that waits here. */
  placementsAtOnce: 1,
  /** Changes of capacity in one batch: long enough to share a commit, short enough for others' turn. */
  placementsInBatch: 32,
  /** Those that wait for their turn. They hold nothing but their caller. */
  placementsWaiting: 1_000,
  /** How long they wait: with the lock's own time, less than what a caller of a create waits for. */
  placementQueueMs: 15_000,
} as const;
