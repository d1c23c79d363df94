const FINGERPRINT = Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).toUpperCase()).join(':');
const UFRAG = 'sImUlAtEdUfRaG01';
const PWD = 'sImUlAtEdPaSsWoRdOfThIrTyTwO0001';

export const SCRIPTED_CANDIDATE =
  'candidate:1 1 udp 2130706431 127.0.0.1 9 typ host ufrag sImUlAtEdUfRaG01 generation 0';

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
export const SCRIPTED_ANSWER = text([...head('0'), ...section(APPLICATION, '0', 'active', CHANNEL)]);

/** Some 2.4 KB, as offer #2 is. */
export function scriptedMediaOffer(): string {
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
  return text([
    ...head('0 1 2'),
    ...section(APPLICATION, '0', 'actpass', CHANNEL),
    ...media('video', 96, '1', 'H264/90000', h264, ['nack', 'nack pli', 'goog-remb']),
    ...media('audio', 111, '2', 'opus/48000/2', 'minptime=10;useinbandfec=1', []),
  ]);
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}
