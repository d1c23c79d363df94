/** What is asked of a viewer's stream: the desktop's size and rate, and the bit rate that he wants. */
export interface StreamSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
}
