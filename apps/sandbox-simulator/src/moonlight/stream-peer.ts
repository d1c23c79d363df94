/** What a peer tells the session that it belongs to. Nothing comes after `close`. */
export interface StreamPeerEvents {
  readonly onDescription: (type: 'offer' | 'answer', sdp: string) => void;
  readonly onCandidate: (candidate: string) => void;
  /** Connected, with signalling at rest: media may be offered. Comes once. */
  readonly onConnected: () => void;
  /** Failed, disconnected or closed from the other end. Comes once. */
  readonly onGone: () => void;
  readonly onInput: (label: string, bytes: Buffer) => void;
}

/** The server's end of one WebRTC connection. Methods reject when the peer cannot make sense of what it is given. */
export interface StreamPeer {
  /** Answers by `onDescription`. */
  acceptOffer(sdp: string): Promise<void>;
  acceptAnswer(sdp: string): Promise<void>;
  addCandidate(candidate: string, mid: string | null, lineIndex: number | null): Promise<void>;
  /** Offers video and audio by `onDescription`; frames flow once that is answered. */
  offerMedia(): Promise<void>;
  /** No more pictures. */
  stopMedia(): void;
  /** Text on the data channel `general`. */
  sayGeneral(text: string): void;
  /** The WebSocket of this client is gone for good, which a real peer does not notice. */
  signallingLost(): void;
  close(): Promise<void>;
}

export interface PeerRequest {
  readonly events: StreamPeerEvents;
  /** No candidates either way. */
  readonly isIsolated: boolean;
  /** What is written on the picture, asked again for each one. */
  readonly caption: () => readonly string[];
}

export type PeerMaker = (request: PeerRequest) => Promise<StreamPeer>;
