/** Every bound and wait of the simulated Moonlight Web, each with its reason. */

/** actix: a request head must be there this long after the connection, or 408 (moonlight-web §1). */
export const REQUEST_HEAD_MS = 5000;

/** actix: an idle connection is kept this long (moonlight-web §1). */
export const KEEP_ALIVE_MS = 5000;

/** actix: bodies of JSON end here (moonlight-web §1). */
export const REST_BODY_MAX_BYTES = 2 * 1024 * 1024;

/** actix-ws: a longer frame is an error of the decoder (moonlight-web §3.6). */
export const FRAME_MAX_BYTES = 65_536;

/** Frames that wait while one is handled: far above the some forty that a negotiation has. */
export const QUEUED_FRAMES_COUNT = 1024;

/** What a browser may leave unread; a negotiation is some 10 KB. */
export const UNSENT_MAX_BYTES = 1024 * 1024;

/** After a Close frame the other end has this long to end its side too. */
export const LINGER_MS = 2000;

/** Sessions held at once, zombies included. */
export const SESSIONS_COUNT = 256;

/** Identities kept by `client_unique_id`. The real cache never evicts one (moonlight-web §1). */
export const IDENTITIES_COUNT = 1024;

/** First messages that the control server can still tell. */
export const INITS_COUNT = 50;

/** Breaches of the wire's rules that the control server can still tell. */
export const VIOLATIONS_COUNT = 200;

/** Messages of input that the control server can still tell: some ten seconds of a moving mouse. */
export const INPUTS_COUNT = 1000;

/** How much of one message of input is kept; the longest real one is a line of text. */
export const INPUT_MAX_BYTES = 1024;

/** H frees an id only when the streamer is gone, which takes about this long (moonlight-web §2). */
export const LATE_RELEASE_MS = 300;

/** webrtc-rs calls a peer disconnected after this long without traffic (moonlight-web §3.5). */
export const PEER_SILENT_MS = 5000;

/** webrtc-rs calls a peer failed when it is still not connected after this long (moonlight-web §3.5). */
export const PEER_FAILED_MS = 25_000;

/** How often a stream tells Wolf that its client lives, and asks whether Wolf has ended it. */
export const WOLF_CONTACT_MS = 500;

/** From the answer to the connection, with the scripted engine. */
export const SCRIPTED_CONNECT_MS = 20;

/** Between the PIN and the outcome of a pairing, unless a fault says otherwise. */
export const PAIR_DELAY_MS = 200;

/** Between two pictures: some twelve a second. */
export const FRAME_MS = 80;

/** A receiver that keeps asking for whole pictures of 92 KB gets one this often. */
export const KEY_FRAME_MIN_MS = 200;
