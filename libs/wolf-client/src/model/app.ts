import type { ListedRunner } from './runner.js';

/** A configured template that Moonlight clients can launch (wolf-api §3.1). */
export interface WolfApp {
  readonly id: string;
  readonly title: string;
  readonly supportHdr: boolean;
  readonly iconPngPath?: string;
  readonly renderNode: string;
  readonly startVirtualCompositor: boolean;
  readonly startAudioServer: boolean;
  readonly runner: ListedRunner;
}
