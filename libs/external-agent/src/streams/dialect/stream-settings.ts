/** What a viewer asked of his stream, as it was passed on. */
export interface StreamSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
}
