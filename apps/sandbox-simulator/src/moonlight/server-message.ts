export interface MoonlightApp {
  readonly app_id: number;
  readonly title: string;
  readonly is_hdr_supported: boolean;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

/** What the server says on the stream's WebSocket, as it stands on the wire (moonlight-web §3.3). */
export type ServerMessage =
  | { readonly WebRtcConfig: { readonly ice_servers: readonly IceServer[] } }
  | { readonly Signaling: { readonly Description: { readonly ty: 'offer' | 'answer'; readonly sdp: string } } }
  | {
      readonly Signaling: {
        readonly AddIceCandidate: {
          readonly candidate: string;
          readonly sdp_mid: '';
          readonly sdp_mline_index: 0;
          readonly username_fragment: null;
        };
      };
    }
  | { readonly UpdateApp: { readonly app: MoonlightApp } }
  | { readonly StageStarting: { readonly stage: string } }
  | { readonly StageComplete: { readonly stage: string } }
  | { readonly StageFailed: { readonly stage: string; readonly error_code: number } }
  | {
      readonly ConnectionComplete: {
        readonly capabilities: { readonly touch: boolean };
        readonly width: number;
        readonly height: number;
        readonly client_id: string | null;
      };
    }
  | { readonly ConnectionTerminated: { readonly error_code: number } }
  | 'InternalServerError'
  | 'HostNotFound'
  | 'AppNotFound'
  | 'HostNotPaired'
  | 'AlreadyStreaming'
  | 'SessionNotFound'
  | 'ClientKicked'
  | 'PeerDisconnect';
