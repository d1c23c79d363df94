/** Every bound of this package, with its reason. `docs/limits.md` repeats them; a test compares the two. */
export const LIMITS = {
  /** A 4K PNG of noise is 25 MB; a real one under 5 MB. */
  screenshotMaxBytes: 32 * 1024 * 1024,
  /** Screenshots being fetched at once on one replica; above what one machine's processors can pass on. */
  screenshotMaxInFlight: 256,
  /** Bytes of pictures and clipboards which one replica holds at once, until their callers have read them: a hundred 4K pictures. */
  desktopBytesMaxInFlight: 512 * 1024 * 1024,
  /** A pasted 4K picture in base64 fits; helix-rest §10.8 suggests 10 to 20 MB. */
  clipboardMaxBytes: 20 * 1024 * 1024,
  /** Answer to a clipboard's write, which is empty; more of it is not worth the stream. */
  clipboardReceiptMaxBytes: 64 * 1024,
  /** How long that answer may take to end. */
  clipboardReceiptMs: 5_000,
  /** One file on its way into a desktop (helix-rest §3.6). */
  uploadMaxBytes: 500 * 1024 * 1024,
  /** What a form may have beside its file, before a request is refused for the length it announces. */
  uploadFramingMaxBytes: 64 * 1024,
  /** Fields before the file. */
  uploadFieldsMaxCount: 16,
  /** One of them; none is used. */
  uploadFieldMaxBytes: 4 * 1024,
  /** Headers of one part: a form's have three. */
  uploadPartHeadersMaxCount: 32,
  /** All of them together; a long file name in UTF-8 fits. */
  uploadPartHeaderMaxBytes: 8 * 1024,
  /** A file name: what the usual file systems take. */
  uploadFileNameMaxBytes: 255,
  /** How long nothing of the file may come. An upload as a whole may take as long as it keeps coming. */
  uploadSilenceMs: 60_000,
  /** Where the desktop says it put the file. */
  uploadReceiptMaxBytes: 64 * 1024,
  /** Uploads into one desktop at once; each holds one of its streams. */
  uploadsMaxPerSession: 4,
  /** Uploads through one replica at once; each holds about a megabyte in the buffers on its way. */
  uploadsMaxInFlight: 64,
  /** A command's program and arguments. */
  execArgumentsMaxCount: 256,
  /** All of them together; what is longer belongs into a file. */
  execCommandMaxBytes: 64 * 1024,
  /** As long as a command may take when its caller does not say (helix-rest §3.6). */
  execTimeoutDefaultS: 30,
  /** As long as it may take at all; what takes longer is for the background. */
  execTimeoutMaxS: 300,
  /** How much later than its command's limit a desktop may answer: it ends the command and says so. */
  execAnswerMarginMs: 10_000,
  /** Output of a command, and its errors, as they are passed on; the rest is cut. */
  execOutputMaxBytes: 1024 * 1024,
  /** The answer they come in: twice as much, in JSON that may write a byte with six. */
  execAnswerMaxBytes: 16 * 1024 * 1024,
  /** Characters of a program's name in the audit line. */
  execProgramLoggedLength: 200,
  /** Commands in one desktop that are waited for at once; each holds one of its streams. */
  execsMaxPerSession: 8,
  /** Commands that one replica waits for at once. */
  execsMaxInFlight: 128,
  /** Lines of a log when the caller does not say (helix-rest §3.2). */
  logLinesDefault: 100,
  /** Lines of a log that may be asked for. */
  logLinesMax: 5_000,
  /** Characters of one line; the rest is cut, with a mark. */
  logLineMaxLength: 16 * 1024,
  /** A log's last lines as the desktop sends them: 5000 of three kilobytes. */
  logTailMaxBytes: 16 * 1024 * 1024,
  /** Characters of them that are passed on, the newest: they leave as one answer. */
  logAnswerMaxLength: 4 * 1024 * 1024,
  /** How long a desktop may take to send them: one that never ends them is not waited for. */
  logTailTimeoutMs: 20_000,
  /** Lines which wait for one follower who reads too slowly; then the oldest go (helix-rest §9). */
  logQueueMaxLines: 1_024,
  /** Characters of all of them together. */
  logQueueMaxLength: 1024 * 1024,
  /** Readers of one desktop's log at once; each holds one of its streams. */
  logReadersMaxPerSession: 8,
  /** Readers of logs on one replica at once; each may hold a queue. */
  logReadersMaxCount: 256,
  /** How long a desktop may take to say how it is, link and all: what it says is only shown. */
  healthTimeoutMs: 2_000,
  /** What it says. */
  healthMaxBytes: 16 * 1024,
  /** Facts of it that are shown … */
  healthFactsMaxCount: 32,
  /** … and characters of one. */
  healthFactMaxLength: 256,
  /** Desktops that are asked at once. */
  healthMaxInFlight: 256,
  /** Environment entries a caller may add to a desktop. */
  environmentMaxEntries: 64,
  /** Length of one `NAME=value` entry; Docker's own limit is far higher. */
  environmentEntryMaxBytes: 8 * 1024,
  /**
   * All entries together. Wolf lists every desktop's environment in one answer, of which 4 MiB are read and beyond 64 KiB
   * Wolf itself is shaky (wolf-api §1.6): a few fat desktops must not make a host's list unreadable.
   */
  environmentMaxBytes: 32 * 1024,
  /** Characters of a name; more does not fit a list. */
  sessionNameMaxLength: 200,
  /** Desktop sizes that Wolf is known to work with (wolf-api §4.5). */
  displayMinWidth: 800,
  displayMaxWidth: 7680,
  displayMinHeight: 600,
  displayMaxHeight: 4320,
  displayMinRefreshHz: 30,
  displayMaxRefreshHz: 144,
  /** Sessions whose owner and state are remembered, so that pictures do not ask the database each time. */
  sessionDirectoryMaxEntries: 20_000,
  /** How long a remembered session counts as current; other replicas' changes are seen after this. */
  sessionDirectoryFreshMs: 2_000,
  /** A database that takes longer is in trouble; what was known a moment ago serves better than waiting. */
  sessionDirectoryPatienceMs: 500,
  /** How long a remembered session still serves reads while PostgreSQL is away. */
  sessionDirectoryStaleMs: 10 * 60_000,
  /** Hosts on which one start is tried, one after another: two that fail at once are bad luck, four are no longer the hosts' fault. */
  startHostsMax: 4,
  /** How long a start goes on to other hosts: with the last one, within what callers wait for an answer. */
  startElsewhereMs: 20_000,
  /** How long a Wolf that is not heard of may take to say what it runs while another host could take the session … */
  startAskMs: 5_000,
  /** … where the session's workspace lies, which another host has not; also while its link is away … */
  startHomeMs: 10_000,
  /** … and to make a lobby, which blocks its one thread for up to 10 s, with others in front (wolf-api §1.5). */
  startCreateMs: 12_000,
  /** How long a link may be without a connection while a lobby is made: most are resumed within two seconds. */
  startAwayMs: 3_000,
  /** Between two looks at a host that takes long. */
  startLookMs: 250,
  /** Starts of one session before what they may have left is only taken back and the session fails. */
  startAttemptsMax: 3,
  /** Stopping all the streams that watch one desktop; those left over end by themselves after a minute (wolf-api §4.1). */
  streamsStopMs: 20_000,
  /** A desktop that ran this long and is then lost from its host is started again as if for the first time. */
  startStableMs: 5 * 60_000,
  /** Before an unfinished session is tried again, doubled each time … */
  retryFirstMs: 1_000,
  /** … up to this: how late a session is finished after its host came back. */
  retryLongestMs: 30_000,
  /** Unfinished sessions on which one replica's reconciler works at once: they mostly wait. */
  reconcilerMaxDrives: 32,
  /** Of those, how many of one host: Wolf is one thread, and a silent host must not hold up the others. */
  reconcilerMaxDrivesPerHost: 2,
  /** Work of the reconciler which a closing replica still waits for before it leaves it to others. */
  reconcilerCloseMs: 3_000,
  /** Sessions that cannot be driven of which the log was told and need not be told again … */
  reconcilerTroublesMaxCount: 100,
  /** … for so long. */
  reconcilerTroubleTellAgainMs: 10 * 60_000,
  /** Between two looks for slots of sessions that have ended. */
  slotSweepIntervalMs: 60_000,
  /** Slots of ended sessions that one look takes back; the next takes the rest. */
  slotsSweptAtOnce: 200,
  /** Sessions that are driven at once because something has changed for them: a slot came free, their host is given up. */
  queuedDrivesAtOnce: 16,
  /** Those that wait for their turn; more are found by the next sweep. */
  driveQueueMaxCount: 1_000,
  /** Between two looks at sessions that wait for a slot: their deadline is kept to about a second. */
  queueSweepIntervalMs: 500,
  /** Between two looks at how far they have come in the queue … */
  queuePositionIntervalMs: 5_000,
  /** … and of how many that is told at once; as many as may wait (`queuedSessions`). */
  queuePositionsAtOnce: 1_000,
  /** The longest that a session may wait for a slot. */
  queueMaxMs: 60 * 60_000,
  /** A host without a link that is not heard of for this long is lost: longer than the grace of a link that comes back. */
  hostLostAfterMs: 60_000,
  /** How long its sessions wait for it then: a restart of the machine, with a check of its disks. */
  hostLostDeadlineMs: 15 * 60_000,
  /** After a gap in which work could not be noted, desktops count as idle no sooner: a page tells of work every minute. */
  idleObservedMs: 120_000,
  /** Between two looks for lost hosts and for those that are back. */
  hostLossSweepIntervalMs: 2_000,
  /** Sessions that are marked, or given up, in one look; the next takes the rest. */
  hostLossesAtOnce: 500,
  /** Sessions of lost hosts that are given up at once. */
  hostLossDrivesAtOnce: 4,
  /** Between two looks for hosts whose drain has come to its deadline. */
  drainSweepIntervalMs: 5_000,
  /** Such hosts in one look … */
  drainedHostsAtOnce: 100,
  /** … and sessions of each whose stop it asks for; the next takes the rest. */
  drainStopsAtOnce: 200,
  /** A command's claim on a session, renewed at a third of this; a replica that dies holds it no longer. */
  leaseMs: 30_000,
  /** Disagreements between hosts and rows that were dealt with lately; forgotten ones are only dealt with again. */
  auditsRemembered: 10_000,
  /** A disagreement that stays is dealt with again after this: a host that could not be asked, a lobby that refused to stop. */
  auditAgainMs: 30_000,
  /** Before a session is audited again that another driver held. */
  auditRetryMs: 1_000,
  /** Between two readings of a host that must agree before a desktop is started again or stopped, or slots are recounted. */
  readingsApartMs: 3_000,
  /** How long a viewer who has only just connected is waited for; their page asks a second after its stream began. */
  autoJoinWaitMs: 10_000,
  /** Between two looks at a host of which nothing is heard. */
  autoJoinPollMs: 1_000,
  /** Viewers being joined at once on one replica. */
  autoJoinsMaxCount: 256,
  /** Between a viewer who is let in and the answer of their host to the upgrade; the longest that a page waits for it. */
  streamConnectMs: 10_000,
  /** What a viewer's client may take to send its first message. */
  streamInitMs: 10_000,
  /** A viewer's first message: 400 bytes and credentials that are not read. */
  streamInitMaxBytes: 16 * 1024,
  /** A later message of a viewer: what Moonlight Web takes as one frame (moonlight-web §3.6). */
  streamMessageMaxBytes: 64 * 1024,
  /** A message of a host; the largest known, an offer, has some kilobytes. */
  streamHostMessageMaxBytes: 1024 * 1024,
  /** The same where media come over the socket: a key frame of a 4K stream. */
  streamMediaMessageMaxBytes: 16 * 1024 * 1024,
  /** What waits in one direction of a stream for the one who should read it. */
  streamBacklogMaxBytes: 256 * 1024,
  /** The same where media come over the socket: a second of a fast stream. */
  streamMediaBacklogMaxBytes: 24 * 1024 * 1024,
  /** How long a browser may take nothing of what waits for it. The host's other viewers wait for none that reads slowly. */
  streamStallMs: 10_000,
  /** Between two pings to a browser; hosts are never pinged. */
  streamPingIntervalMs: 20_000,
  /** Pings without an answer before a browser counts as gone. */
  streamPingsMissedMax: 2,
  /** After the close frame to a host, which never answers one (moonlight-web §3.6). */
  streamHostCloseMs: 250,
  /** After the close frame to a browser. */
  streamBrowserCloseMs: 5_000,
  /** Between two looks at all streams and the links of their hosts; a viewer hears of silence after 1.5 s and two of these. */
  streamCheckIntervalMs: 500,
  /** How long after a host's socket broke its link may still turn out to be lost. */
  streamBreakDecidedMs: 1_500,
  /** Streams through one replica; each holds two sockets and some tens of kilobytes. */
  streamsMaxCount: 2_000,
  /** Viewers of whom it is remembered how often they took over from themselves … */
  supersedesRemembered: 10_000,
  /** … and how often they may within the window: reloads, and a bad network. */
  supersedesMaxCount: 10,
  supersedeWindowMs: 30_000,
  /** Hosts whose app for viewers is remembered … */
  uiAppsRemembered: 1_024,
  /** … for so long; Wolf adds and drops apps of its own. */
  uiAppFreshMs: 30_000,
  /** Tries to put a viewer into their lobby, each of which waits for them for a while. */
  streamJoinAttemptsMax: 3,
  streamJoinRestMs: 1_000,
  /** A stream whose client does not report work counts as work for so long after it began. */
  streamCountsAsWorkMs: 4 * 60 * 60_000,
  /** Between two notes of that. */
  streamWorkNotedMs: 60_000,
  /** What a viewer may ask for; size and rate of their stream are the desktop's. */
  streamMinBitrateKbps: 100,
  streamMaxBitrateKbps: 200_000,
  /** A link that owes an answer for this long is unstable, as viewers of remote desktops are told elsewhere too (Guacamole). */
  unstableAfterMs: 1_500,
  /** Between two looks at a watched session: two of these and 1.5 s of silence are what a viewer waits for to be told. */
  feedIntervalMs: 500,
  /** Between two readings of a watched session's row while its owner is warned of its idle stop. */
  idleRereadMs: 5_000,
  /** A session whose state is asked for counts as watched for so long; pages ask every 2 to 3 s. */
  glanceLastsMs: 10_000,
  /** Activity of one session is written once in this time: far less than the shortest idle limit, and a paste costs no write. */
  activityWriteIntervalMs: 15_000,
  /** Between two looks for idle desktops. */
  idleSweepIntervalMs: 5_000,
  /** Idle desktops whose stop one look asks for; the next look takes the rest. */
  idleStopsAtOnce: 200,
  /** Sessions of a removed host whose stop one statement asks for. */
  hostStopsAtOnce: 1_000,
  /** Taking the last picture of a desktop that is stopped: its owner waits for the stop. */
  lastPictureTimeoutMs: 3_000,
  /** A 4K JPEG has 1 MB; a PNG of an older desktop under 5 MB. */
  lastPictureMaxBytes: 6 * 1024 * 1024,
  /** Pictures kept: at 1 MB each, a few gigabytes of the database. */
  lastPicturesMaxCount: 5_000,
  /** A desktop that was not resumed for so long will not be recognised by its picture either. */
  lastPictureMaxAgeMs: 30 * 24 * 60 * 60_000,
  /** Last pictures held in memory, for lists that show the same ones again and again. */
  lastPicturesReadMaxBytes: 64 * 1024 * 1024,
  /** How long one of those counts as current. */
  lastPictureFreshMs: 10_000,
  /** Between two looks for pictures that are too old or too many. */
  pictureSweepIntervalMs: 60 * 60_000,
  /** Shares of one session that open something: a class of viewers; who has more gives them one link. */
  sharesMaxPerSession: 50,
  /** Shares of one session that have ended and are kept for the record. */
  sharesEndedMaxPerSession: 200,
  /** Whom or what a share is for, in its maker's words. */
  shareLabelMaxLength: 100,
  /** A share whose maker does not say when it ends: it is forgotten by then. */
  shareLifeDefaultMs: 24 * 60 * 60_000,
  /** A link that leaks opens nothing after this, even if its owner does not notice. */
  shareLifeMaxMs: 30 * 24 * 60 * 60_000,
  /** Shares remembered by one replica, and sessions that have none, counted together. */
  sharesRemembered: 100_000,
  /** Tokens of links of which one replica remembers the session. */
  shareTokensRemembered: 50_000,
  /** A share that was changed on another replica counts for this long, should its announcement be lost. */
  shareFreshMs: 2_000,
  /** While PostgreSQL is away, shares count for this long, as sessions and keys do. */
  shareStaleMs: 10 * 60_000,
  /** A database that takes longer is in trouble, and viewers it knew a moment ago do not wait for it. */
  sharePatienceMs: 500,
  /** How long a share that has ended is kept for the record. */
  shareKeptMs: 7 * 24 * 60 * 60_000,
  /** Between two looks for such shares. */
  shareSweepIntervalMs: 60 * 60_000,
  /** A call to a host's Moonlight Web: an id or two in JSON. */
  moonlightBodyMaxBytes: 16 * 1024,
  /** An offer with every codec and all its candidates is a few kilobytes; the host itself takes no more (moonlight-web §3.6). */
  moonlightSdpMaxBytes: 64 * 1024,
  /** How long Moonlight Web may take to begin an answer. */
  moonlightHeadersMs: 10_000,
  /** How long it may fall silent within one … */
  moonlightSilenceMs: 10_000,
  /** … and while the user types the PIN of a pairing (moonlight-web §1.1). */
  moonlightPairSilenceMs: 5 * 60_000,
  /** Its answer: a picture of an app is the largest. */
  moonlightAnswerMaxBytes: 8 * 1024 * 1024,
  /** Calls to one host at once: pairings wait for each other there and hold a stream each. */
  moonlightCallsMaxPerHost: 8,
  /** Calls to all hosts at once on one replica. */
  moonlightCallsMaxCount: 64,
  /** How long a host may take to tell its streams: one stalled viewer can hold that up for good (moonlight-web §1). */
  moonlightStatusMs: 8_000,
  /** What it tells: some 300 bytes for each stream. */
  moonlightStatusMaxBytes: 1024 * 1024,
  /** Streams and identities of one host that are shown. */
  moonlightStatusMaxEntries: 2_000,
  /** Hosts of which it is remembered that they know the older question only … */
  moonlightStatusHostsRemembered: 1_024,
  /** … for so long, should they have been upgraded. */
  moonlightStatusRememberedMs: 10 * 60_000,
  /** Servers for ICE in one message of a host; browsers complain from five on. */
  iceServersMaxCount: 16,
  /** Addresses of one of them. */
  iceUrlsMaxCount: 16,
  /** Characters of one address. */
  iceUrlMaxLength: 512,
  /** A small request through each host's link. Wolf's health costs it 0.1 s, and it is not asked below every 10 s (wolf-api §3.7). */
  canaryIntervalMs: 15_000,
  /** While it fails, or has just failed or answered again for the first time. */
  canaryRetryMs: 5_000,
  /** Wolf itself takes up to 6 s to find out that it can make no pipelines (wolf-api §1.5). */
  canaryTimeoutMs: 7_000,
  /** Failures in a row that take a host out of rotation: one may be a blip. */
  canaryFailuresInRow: 2,
  /** Answers in a row that bring it back. */
  canaryAnswersInRow: 2,
  /** The first probes of a host come within this of its link: all hosts of a replica that was restarted come at once. */
  probeFirstWithinMs: 5_000,
  /** What placement knows of encoders and video memory is this old at the most; Wolf runs a tool of the vendor for it. */
  gpuIntervalMs: 30_000,
  /** That tool, behind a create. */
  gpuTimeoutMs: 12_000,
  /** A Wolf that went down over the question for its GPU is asked again after this: it may have gone down anyway. */
  gpuSuspectRestMs: 10 * 60_000,
  /** Times that it may, before it is asked no more: each harms it (wolf-api §2.3). */
  gpuSuspicionsMax: 3,
  /** Hosts of which that is remembered; those forgotten are asked again. */
  gpuChokedRemembered: 4_096,
  /** Between two comparisons of a host's counted slots with what it runs. */
  hostReconcileIntervalMs: 60_000,
  /** How long a comparison waits for a fresh list when a lobby's session holds no slot: it may just have ended. */
  hostReconcilePatienceMs: 5_000,
  /** What a probe found is told again after this, should another replica have written what it found earlier. */
  probeTellAgainMs: 60_000,
  /** Probes under way at once on one replica: a thousand hosts of 0.1 s each 15 s are eight on average. */
  probesMaxInFlight: 16,
  /** Of those, such of hosts that fail: they take their whole time, and must not hold up the others. */
  probesMaxInFlightFailing: 8,
  /** Sessions on one page of a list. */
  pageSizeMax: 200,
} as const;
