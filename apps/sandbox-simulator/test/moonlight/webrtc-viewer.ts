import { RTCPeerConnection, useH264, useOPUS, type RTCDataChannel } from 'werift';

import { initMessage } from './init-message.js';
import { RawStream } from './raw-stream.js';

interface Signal {
  readonly WebRtcConfig?: unknown;
  readonly Signaling?: {
    readonly Description?: { readonly ty: 'offer' | 'answer'; readonly sdp: string };
    readonly AddIceCandidate?: { readonly candidate: string };
  };
}

/** The browser's part, played by a peer in this process: it offers channels, and answers the offer of media. */
export class WebRtcViewer {
  readonly channels = new Map<string, RTCDataChannel>();
  /** NAL units of the video, reassembled. */
  readonly units: Buffer[] = [];
  /** What was said on `general`. */
  readonly general: string[] = [];
  readonly connection = new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
    iceAdditionalHostAddresses: ['127.0.0.1'],
    codecs: { video: [useH264({ payloadType: 96 })], audio: [useOPUS({ payloadType: 111 })] },
  });
  #fragments: Buffer[] = [];
  #handledCount = 0;
  #loop: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(readonly stream: RawStream) {
    this.connection.onDataChannel.subscribe((channel) => {
      channel.onMessage.subscribe((message) => this.general.push(String(message)));
    });
    this.connection.onTrack.subscribe((track) => {
      if (track.kind !== 'video') return;
      track.onReceiveRtp.subscribe((packet) => {
        this.#reassemble(packet.payload);
      });
    });
  }

  static async open(address: string, labels: readonly string[]): Promise<WebRtcViewer> {
    const viewer = new WebRtcViewer(await RawStream.open(address));
    for (const label of labels) viewer.channels.set(label, viewer.connection.createDataChannel(label));
    viewer.stream.socket.on('data', () => {
      viewer.#loop = viewer.#loop.then(() => viewer.#handle());
    });
    viewer.stream.sendText(initMessage());
    return viewer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#loop;
    await this.connection.close();
    this.stream.drop();
  }

  async #handle(): Promise<void> {
    while (this.#handledCount < this.stream.messages.length && !this.#isClosed) {
      const message = this.stream.messages[this.#handledCount] as Signal;
      this.#handledCount += 1;
      const { Description: description, AddIceCandidate: candidate } = message.Signaling ?? {};
      if (message.WebRtcConfig !== undefined) await this.#describe('offer');
      if (candidate !== undefined) {
        await this.connection.addIceCandidate({ candidate: candidate.candidate, sdpMid: '0', sdpMLineIndex: 0 });
      }
      if (description === undefined) continue;
      await this.connection.setRemoteDescription({ type: description.ty, sdp: description.sdp });
      if (description.ty === 'offer') await this.#describe('answer');
    }
  }

  async #describe(ty: 'offer' | 'answer'): Promise<void> {
    const { connection } = this;
    const description = ty === 'offer' ? await connection.createOffer() : await connection.createAnswer();
    // The engine's own choice would be a public server.
    for (const transport of connection.iceTransports) delete transport.connection.stunServer;
    await connection.setLocalDescription(description);
    const sdp = connection.localDescription?.sdp;
    this.stream.sendText(JSON.stringify({ Signaling: { Description: { ty, sdp } } }));
  }

  /** RFC 6184: whole units, and fragments of those that were too long. */
  #reassemble(payload: Buffer): void {
    if ((payload[0]! & 31) !== 28) {
      this.units.push(payload);
      return;
    }
    const flags = payload[1]!;
    if ((flags & 128) !== 0) this.#fragments = [Buffer.from([(payload[0]! & 0xe0) | (flags & 31)])];
    this.#fragments.push(payload.subarray(2));
    if ((flags & 64) !== 0) this.units.push(Buffer.concat(this.#fragments));
  }
}
