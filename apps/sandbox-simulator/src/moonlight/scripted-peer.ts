import { PEER_SILENT_MS, SCRIPTED_CONNECT_MS } from './moonlight-limits.js';
import type { PeerRequest, StreamPeer } from './stream-peer.js';

/** A peer that only talks: it plays the order of §3.4 with descriptions of real sizes, and no packet ever flows. */
export class ScriptedPeer implements StreamPeer {
  readonly #request: PeerRequest;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isConnecting = false;

  constructor(request: PeerRequest) {
    this.#request = request;
  }

  acceptOffer(): Promise<void> {
    const { events, isIsolated } = this.#request;
    if (!isIsolated) events.onCandidate(SCRIPTED_CANDIDATE);
    events.onDescription('answer', SCRIPTED_ANSWER);
    if (!isIsolated && !this.#isConnecting) {
      this.#isConnecting = true;
      this.#after(SCRIPTED_CONNECT_MS, events.onConnected);
    }
    return Promise.resolve();
  }

  acceptAnswer(): Promise<void> {
    return Promise.resolve();
  }

  addCandidate(): Promise<void> {
    return Promise.resolve();
  }

  offerMedia(): Promise<void> {
    this.#request.events.onDescription('offer', scriptedMediaOffer());
    return Promise.resolve();
  }

  stopMedia(): void {
    // There is none.
  }

  sayGeneral(): void {
    // There is no data channel to say it on.
  }

  /** Where a real client's packets would stop. */
  signallingLost(): void {
    this.#after(PEER_SILENT_MS, this.#request.events.onGone);
  }

  close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return Promise.resolve();
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

const FINGERPRINT = Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).toUpperCase()).join(':');
const UFRAG = 'sImUlAtEdUfRaG01';
const PWD = 'sImUlAtEdPaSsWoRdOfThIrTyTwO0001';

const SCRIPTED_CANDIDATE = 'candidate:1 1 udp 2130706431 127.0.0.1 9 typ host ufrag sImUlAtEdUfRaG01 generation 0';

function head(group: string): string[] {
  return [
    'v=0',
    'o=- 5227193481026431822 716534189 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=extmap-allow-mixed',
    `a=group:BUNDLE ${group}`,
    'a=msid-semantic:WMS moonlight',
  ];
}

function section(line: string, mid: string, setup: string, rest: readonly string[]): string[] {
  return [
    line,
    'c=IN IP4 0.0.0.0',
    `a=setup:${setup}`,
    `a=mid:${mid}`,
    `a=ice-ufrag:${UFRAG}`,
    `a=ice-pwd:${PWD}`,
    ...rest,
  ];
}

const APPLICATION = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
const CHANNEL = ['a=sendrecv', 'a=sctp-port:5000', 'a=max-message-size:65536'];

/** Some 0.7 KB, as answer #1 is (moonlight-web §3.7). */
const SCRIPTED_ANSWER = sdpText([...head('0'), ...section(APPLICATION, '0', 'active', CHANNEL)]);

/** Some 2.4 KB, as offer #2 is. */
function scriptedMediaOffer(): string {
  const media = (kind: string, codec: number, mid: string, rtpmap: string, fmtp: string, feedback: readonly string[]) =>
    section(`m=${kind} 9 UDP/TLS/RTP/SAVPF ${String(codec)}`, mid, 'actpass', [
      'a=rtcp-mux',
      'a=rtcp-rsize',
      `a=rtpmap:${String(codec)} ${rtpmap}`,
      `a=fmtp:${String(codec)} ${fmtp}`,
      ...feedback.map((each) => `a=rtcp-fb:${String(codec)} ${each}`),
      'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
      'a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
      'a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
      `a=ssrc:31415926${mid} cname:moonlight`,
      `a=ssrc:31415926${mid} msid:moonlight ${kind}`,
      `a=ssrc:31415926${mid} mslabel:moonlight`,
      `a=ssrc:31415926${mid} label:${kind}`,
      `a=msid:moonlight ${kind}`,
      `a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host`,
      `a=candidate:1 2 udp 2130706431 127.0.0.1 9 typ host`,
      'a=end-of-candidates',
      'a=sendonly',
    ]);
  const h264 = 'packetization-mode=1;level-asymmetry-allowed=1;profile-level-id=4d0033';
  return sdpText([
    ...head('0 1 2'),
    ...section(APPLICATION, '0', 'actpass', CHANNEL),
    ...media('video', 96, '1', 'H264/90000', h264, ['nack', 'nack pli', 'goog-remb']),
    ...media('audio', 111, '2', 'opus/48000/2', 'minptime=10;useinbandfec=1', []),
  ]);
}

function sdpText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}
