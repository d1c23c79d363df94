import type { SessionId } from '../../src/index.js';

/** Which desktops' last pictures were asked for, and which were forgotten. */
export class RecordingPictures {
  readonly kept: SessionId[] = [];
  readonly forgotten: SessionId[] = [];

  keep(sessionId: SessionId): Promise<void> {
    this.kept.push(sessionId);
    return Promise.resolve();
  }

  forget(sessionId: SessionId): Promise<void> {
    this.forgotten.push(sessionId);
    return Promise.resolve();
  }
}
