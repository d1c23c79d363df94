import { Busboy } from '@fastify/busboy';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { UPLOAD_MAX_BYTES, UPLOADS_COUNT } from '../limits.js';
import { answerJson, answerText } from '../local-server.js';

export interface StoredUpload {
  readonly path: string;
  readonly filename: string;
  readonly size: number;
  readonly sha256: string;
  /** What the caller asked to be done with it. */
  readonly openFileManager: boolean;
}

/**
 * The files that came into this desktop, under `incoming/` in a folder of its own; a name that is taken gets a number, as
 * desktops do it (helix-rest §3.6).
 */
export class Uploads {
  readonly #onFolder: (folder: string) => void;
  readonly #stored: StoredUpload[] = [];
  #folder: Promise<string> | undefined;
  #begunCount = 0;

  /** `onFolder` is called with the folder once it exists, so that the parent can remove it when this process was killed. */
  constructor(onFolder: (folder: string) => void = () => undefined) {
    this.#onFolder = onFolder;
  }

  list(): readonly StoredUpload[] {
    return this.#stored;
  }

  /** `POST /upload`. Of an upload that breaks off nothing is kept. */
  async answer(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
    if (this.#begunCount >= UPLOADS_COUNT) {
      answerText(res.setHeader('Connection', 'close'), 507, 'this desktop has taken as many files as it may');
      return;
    }
    this.#begunCount += 1;
    try {
      const stored = await this.#take(req, query.get('open_file_manager') !== 'false');
      this.#stored.push(stored);
      answerJson(res, 200, { path: stored.path, size: stored.size, filename: stored.filename });
    } catch (error) {
      this.#begunCount -= 1;
      if (error instanceof RangeError) answerText(res.setHeader('Connection', 'close'), 413, error.message);
      else answerText(res, 400, error instanceof Error ? error.message : String(error));
    }
  }

  async close(): Promise<void> {
    const folder = await this.#folder;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  async #take(req: IncomingMessage, openFileManager: boolean): Promise<StoredUpload> {
    const contentType = req.headers['content-type'] ?? '';
    const form = new Busboy({
      headers: { 'content-type': contentType },
      limits: { files: 1, fileSize: UPLOAD_MAX_BYTES },
    });
    let taken: Readable | undefined;
    const storing = new Promise<StoredUpload>((resolve, reject) => {
      form.on('file', (_field, file, name) => {
        taken = file;
        file.once('limit', () => file.destroy(new RangeError('the file is too large')));
        this.#store(file, name, openFileManager).then(resolve, (error: unknown) => {
          // Read to its end, so that its sender hears the answer.
          file.resume();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
      form.on('error', reject);
      form.on('finish', () => {
        if (taken === undefined) reject(new Error('the form has no file'));
      });
    });
    const arriving = pipeline(req, form).catch((error: unknown) => {
      // Nothing is kept of a file whose sender disconnects in the middle.
      taken?.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    const [stored] = await Promise.all([storing, arriving]);
    return stored;
  }

  async #store(file: Readable, name: string, openFileManager: boolean): Promise<StoredUpload> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'desktop-')).then((made) => {
      this.#onFolder(made);
      return made;
    });
    const incoming = join(await this.#folder, 'incoming');
    await mkdir(incoming, { recursive: true });
    const { path, filename } = await freeName(incoming, name);
    const hash = createHash('sha256');
    let size = 0;
    const count = new Transform({
      transform(piece: Buffer, _encoding, done) {
        hash.update(piece);
        size += piece.length;
        done(null, piece);
      },
    });
    try {
      await pipeline(file, count, createWriteStream(path));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, filename, size, sha256: hash.digest('hex'), openFileManager };
  }
}

/** Makes an empty file of that name, or of that name with a number before its suffix. */
async function freeName(folder: string, wanted: string): Promise<{ readonly path: string; readonly filename: string }> {
  if (wanted === '' || wanted === '.' || wanted === '..' || /[/\\\0]/.test(wanted)) throw new Error('no file name');
  const suffix = extname(wanted);
  const stem = wanted.slice(0, wanted.length - suffix.length);
  for (let number = 0; number <= UPLOADS_COUNT; number += 1) {
    const filename = number === 0 ? wanted : `${stem}-${String(number)}${suffix}`;
    const path = join(folder, filename);
    try {
      await (await open(path, 'wx')).close();
      return { path, filename };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
  }
  throw new Error('no name is free');
}
