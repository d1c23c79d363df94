import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ExternalAgentError } from '../../external-agent-error.js';
import type { MultipartFile } from './multipart-file.js';

/**
 * A form with one file, made as it is read. Built here rather than passed on, so that a desktop sees one file, of the field
 * it knows and under a checked name, without the rest of the sender's form.
 */
export class FileForm {
  readonly contentType: string;
  readonly body: Readable;
  readonly #file: MultipartFile;
  readonly #silenceMs: number;
  #byteCount = 0;
  #isWhole = false;

  /** `silenceMs`: how long nothing of the file may come. */
  constructor(file: MultipartFile, silenceMs: number) {
    this.#silenceMs = silenceMs;
    const boundary = `helix-${randomUUID()}`;
    this.#file = file;
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    this.body = Readable.from(this.#pieces(boundary), { objectMode: false });
    // The reader sees it; one that has left needs no error.
    this.body.on('error', () => undefined);
  }

  /** Bytes of the file that were taken so far. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Was all of the file taken? */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Releases the file; idempotent. */
  destroy(): void {
    this.#file.content.destroy();
    this.body.destroy();
  }

  async *#pieces(boundary: string): AsyncGenerator<Buffer> {
    const { fileName, content } = this.#file;
    // As browsers write it (HTML, "multipart/form-data encoding algorithm").
    const quoted = fileName.replaceAll('"', '%22');
    yield Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
    const silence = new ExternalAgentError('UPLOAD_STALLED', 'nothing more of the file came for too long');
    const pieces = content[Symbol.asyncIterator]();
    for (;;) {
      // Only while the sender is waited for: a desktop that takes its time is held by the deadlines of the tunnel.
      const timer = setTimeout(() => content.destroy(silence), this.#silenceMs);
      let piece: IteratorResult<Buffer>;
      try {
        piece = (await pieces.next()) as IteratorResult<Buffer>;
      } catch (cause) {
        if (cause instanceof ExternalAgentError) throw cause;
        throw new ExternalAgentError('INVALID_REQUEST', 'the form ended in the middle of the file', { cause });
      } finally {
        clearTimeout(timer);
      }
      if (piece.done === true) break;
      this.#byteCount += piece.value.length;
      yield piece.value;
    }
    this.#isWhole = true;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
}
