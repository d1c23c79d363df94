import type * as Werift from 'werift';
import { PEER_SILENT_MS } from './moonlight-limits.js';
import type { MoonlightDialect } from './stream-messages.js';
import type { PeerRequest, StreamPeer } from './stream-peer.js';
import { ClockVideo } from './video/clock-video.js';

const VIDEO_TYPE = 96;
const AUDIO_TYPE = 111;
const PROFILE: Readonly<Record<MoonlightDialect, string>> = { H: '42e01f', K: '4d0033' };

type Engine = typeof Werift;

/** A real peer on loopback: the stream's first half is data channels, its second half a clock in H.264 (moonlight-web §9.1). */
export class WebRtcPeer implements StreamPeer {
  readonly #engine: Engine;
  readonly #request: PeerRequest;
  readonly #dialect: MoonlightDialect;
  readonly #connection: Werift.RTCPeerConnection;
  readonly #general: Werift.RTCDataChannel;
  /** The engine makes ids of its own; the client is to read those of the real server. */
  readonly #trackNames = new Map<string, string>();
  #video: ClockVideo | undefined;
  #wasConnected = false;
  #silence: NodeJS.Timeout | undefined;
  #isGone = false;

  private constructor(werift: Engine, request: PeerRequest, dialect: MoonlightDialect) {
    this.#engine = werift;
    this.#request = request;
    this.#dialect = dialect;
    this.#connection = new werift.RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers: [],
      // Addresses of its own finding are left out: all that is to be offered is loopback.
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceInterfaceAddresses: { udp4: '127.0.0.1' },
      iceAdditionalHostAddresses: ['127.0.0.1'],
      iceFilterStunResponse: () => {
        this.#heard();
        return true;
      },
      codecs: { video: [h264(werift, dialect)], audio: [opus(werift)] },
    });
    this.#general = this.#connection.createDataChannel('general');
    this.#listen();
  }

  /** Loads the engine when the first stream starts, and not before: most hosts have none. */
  static async create(request: PeerRequest, dialect: MoonlightDialect): Promise<WebRtcPeer> {
    return new WebRtcPeer(await import('werift'), request, dialect);
  }

  async acceptOffer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    this.#stayOnLoopback();
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    this.#describe('answer');
    this.#noteState();
  }

  async acceptAnswer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    this.#video?.start();
  }

  /** Names ending in `.local` are passed over: to resolve them takes seconds, and the client is heard of by its packets. */
  async addCandidate(candidate: string, mid: string | null, lineIndex: number | null): Promise<void> {
    if (this.#request.isIsolated || candidate === '' || /\.local\s/.test(candidate)) return;
    await this.#connection.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: lineIndex });
  }

  async offerMedia(): Promise<void> {
    const { MediaStream, MediaStreamTrack } = this.#engine;
    const video = new MediaStreamTrack({ kind: 'video', id: 'video' });
    const audio = new MediaStreamTrack({ kind: 'audio', id: 'audio' });
    const stream = new MediaStream({ id: 'moonlight' });
    const clock = new ClockVideo({
      payloadType: VIDEO_TYPE,
      caption: this.#request.caption,
      onPacket: (packet) => {
        video.writeRtp(packet);
      },
    });
    this.#video = clock;
    const sender = this.#connection.addTrack(video, stream);
    this.#trackNames.set(sender.trackId, 'video');
    this.#trackNames.set(this.#connection.addTrack(audio, stream).trackId, 'audio');
    sender.onPictureLossIndication.subscribe(() => {
      clock.askForWhole();
    });
    for (const transceiver of this.#connection.getTransceivers()) transceiver.setDirection('sendonly');
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    this.#describe('offer');
  }

  stopMedia(): void {
    this.#video?.stop();
  }

  sayGeneral(text: string): void {
    if (this.#general.readyState === 'open') this.#general.send(text);
  }

  signallingLost(): void {
    // Packets flow on without it.
  }

  async close(): Promise<void> {
    this.#isGone = true;
    clearTimeout(this.#silence);
    this.#video?.stop();
    await this.#connection.close();
  }

  /** Without a STUN server the engine takes a public one that it knows, and gathering would wait for it. */
  #stayOnLoopback(): void {
    for (const transport of this.#connection.iceTransports) delete transport.connection.stunServer;
  }

  /** The engine itself takes half a minute to notice that its client is gone; the real server's takes five seconds. */
  #heard(): void {
    // A timer that was cleared would come back to life.
    if (!this.#isGone) this.#silence?.refresh();
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#request.events.onGone();
  }

  #listen(): void {
    const { events, isIsolated } = this.#request;
    this.#connection.onIceCandidate.subscribe((candidate) => {
      if (candidate !== undefined && !isIsolated && !this.#isGone) events.onCandidate(candidate.candidate);
    });
    this.#connection.connectionStateChange.subscribe(() => {
      this.#noteState();
    });
    this.#connection.onDataChannel.subscribe((channel) => {
      if (!isInputLabel(channel.label, this.#dialect)) return;
      channel.onMessage.subscribe((message) => {
        events.onInput(channel.label, Buffer.from(message));
      });
    });
  }

  /** The connection's state and not ICE's, which is complete before packets can flow. */
  #noteState(): void {
    const { connectionState, signalingState } = this.#connection;
    if (this.#isGone) return;
    if (connectionState === 'connected' && signalingState === 'stable' && !this.#wasConnected) {
      this.#wasConnected = true;
      for (const transport of this.#connection.iceTransports) {
        transport.connection.onData.subscribe(() => {
          this.#heard();
        });
      }
      this.#silence = setTimeout(() => {
        this.#gone();
      }, PEER_SILENT_MS);
      this.#request.events.onConnected();
    }
    if (['failed', 'disconnected', 'closed'].includes(connectionState)) this.#gone();
  }

  #describe(type: 'offer' | 'answer'): void {
    let sdp = this.#connection.localDescription?.sdp ?? '';
    for (const [id, name] of this.#trackNames) sdp = sdp.replaceAll(id, name);
    if (this.#isGone) return;
    this.#request.events.onDescription(type, this.#request.isIsolated ? withoutCandidates(sdp) : sdp);
  }
}

function withoutCandidates(sdp: string): string {
  return sdp.replaceAll(/^a=(candidate:|end-of-candidates).*\r\n/gm, '');
}

function h264(werift: Engine, dialect: MoonlightDialect): Werift.RTCRtpCodecParameters {
  return werift.useH264({
    payloadType: VIDEO_TYPE,
    parameters: `packetization-mode=1;level-asymmetry-allowed=1;profile-level-id=${PROFILE[dialect]}`,
  });
}

function opus(werift: Engine): Werift.RTCRtpCodecParameters {
  return werift.useOPUS({ payloadType: AUDIO_TYPE });
}

const SHARED = ['keyboard', 'touch', 'controllers'];
const MOUSE: Readonly<Record<MoonlightDialect, readonly string[]>> = {
  K: ['mouseClicks', 'mouseAbsolute', 'mouseRelative'],
  H: ['mouse'],
};

/** Whether the dialect listens on a data channel of that label; others it passes over in silence (moonlight-web §4). */
function isInputLabel(label: string, dialect: MoonlightDialect): boolean {
  return SHARED.includes(label) || MOUSE[dialect].includes(label) || /^controller[0-9]{1,2}$/.test(label);
}
