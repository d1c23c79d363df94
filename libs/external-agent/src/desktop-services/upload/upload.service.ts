import { onAbort } from '@helix/pacing';
import type { Readable } from 'node:stream';
import {
  parseForeignJson,
  readBounded,
  RevDialError,
  SMALL_JSON,
  type RunnerHttp,
  type RunnerHttpResponse,
} from '@helix/revdial';
import { refusalOf } from '../../foreign/desktop-refusal.js';
import { desktopOf } from '../../session/desktop-of.js';
import { SessionGate } from '../session-gate.js';
import { ExternalAgentError } from '../../external-agent-error.js';
import { askDesktop } from '../../foreign/ask-plainly.js';
import { LIMITS } from '../../limits.js';
import type { SessionDirectory } from '../../session/session-directory.js';
import type { SessionId } from '../../session/session-id.js';
import type { SessionEntity } from '../../session/session.entity.js';
import { FileForm } from './file-form.js';
import { openMultipartFile } from './multipart-file.js';

/** A form with one file, as a caller sends it. */
export interface UploadRequest {
  readonly body: Readable;
  readonly contentType: string;
  /** What the caller says it will be; nothing is believed of it but that it is too much. */
  readonly contentLength: number | undefined;
  /** Shall the desktop show the file once it is there? */
  readonly openFileManager: boolean;
}

/** Where the file is in the desktop, in the words of the desktop. */
export interface UploadedFile {
  readonly path: string;
  readonly size: number;
  readonly filename: string;
}

/** Files on their way into desktops: one piece at a time from the caller's socket to the tunnel, nothing collected. */
export class UploadService {
  readonly #http: RunnerHttp;
  readonly #directory: SessionDirectory;
  readonly #silenceMs: number;
  readonly #gate = new SessionGate('uploads', LIMITS.uploadsMaxPerSession, LIMITS.uploadsMaxInFlight);

  constructor(http: RunnerHttp, directory: SessionDirectory, silenceMs: number = LIMITS.uploadSilenceMs) {
    this.#silenceMs = silenceMs;
    this.#http = http;
    this.#directory = directory;
  }

  /**
   * Passes the form's file on to the desktop. Takes as long as bytes keep coming. However it ends, the caller's body is no
   * longer read here and was not destroyed, so that it can be answered.
   * @throws ExternalAgentError SESSION_NOT_FOUND, SESSION_WRONG_STATE (no desktop runs), DESKTOP_STARTING, UPLOAD_TOO_LARGE,
   * UPLOAD_STALLED, INVALID_REQUEST, DESKTOP_UNSUPPORTED, DESKTOP_ERROR, DESKTOP_INVALID_ANSWER, BUSY
   * @throws RevDialError as the tunnel fails; DIAL_ABORTED when the caller left
   */
  async upload(sessionId: SessionId, request: UploadRequest, signal: AbortSignal): Promise<UploadedFile> {
    runningDesktopOf(await this.#directory.get(sessionId));
    if ((request.contentLength ?? 0) > LIMITS.uploadMaxBytes + LIMITS.uploadFramingMaxBytes) throw tooLarge();
    const leave = this.#gate.enter(sessionId);
    const ending = new AbortController();
    const stopListening = onAbort(signal, (reason) => {
      ending.abort(reason);
    });
    try {
      return await this.#pass(sessionId, request, ending.signal);
    } catch (error) {
      if (signal.aborted) throw new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: error });
      throw error;
    } finally {
      stopListening();
      ending.abort();
      leave();
    }
  }

  async #pass(sessionId: SessionId, request: UploadRequest, signal: AbortSignal): Promise<UploadedFile> {
    const stalled = (): Error => new ExternalAgentError('UPLOAD_STALLED', 'no file came for too long');
    // Of the file, once it is there, each piece has its own time.
    const opening = new AbortController();
    onAbort(signal, (reason) => {
      opening.abort(reason);
    });
    const timer = setTimeout(() => {
      opening.abort(stalled());
    }, this.#silenceMs);
    const file = await openMultipartFile(request.body, request.contentType, opening.signal).finally(() => {
      clearTimeout(timer);
    });
    const form = new FileForm(file, this.#silenceMs);
    try {
      const response = await askDesktop(this.#http, sessionId, {
        method: 'POST',
        path: `/upload?open_file_manager=${String(request.openFileManager)}`,
        headers: { 'content-type': form.contentType },
        body: form.body,
        signal,
        class: 'bulk',
      });
      return await readReceipt(response, form, signal);
    } catch (error) {
      // What went wrong with the file tells more than that the request which carried it failed.
      throw form.body.errored instanceof ExternalAgentError ? form.body.errored : error;
    } finally {
      form.destroy();
    }
  }
}

/** Uploads never start a desktop: a user who sends half a gigabyte must ask for that. */
function runningDesktopOf(session: SessionEntity): void {
  try {
    desktopOf(session);
  } catch (error) {
    if (!(error instanceof ExternalAgentError) || error.code !== 'NO_DESKTOP') throw error;
    throw new ExternalAgentError('SESSION_WRONG_STATE', `the session is ${session.state}; resume it, then upload`, {
      cause: error,
      details: { state: session.state, hint: 'resume' },
    });
  }
}

async function readReceipt(response: RunnerHttpResponse, form: FileForm, signal: AbortSignal): Promise<UploadedFile> {
  if (response.status === 413) {
    response.body.destroy();
    throw new ExternalAgentError('UPLOAD_TOO_LARGE', 'the desktop does not take files of this size');
  }
  const refusal = refusalOf(response, 'take files');
  if (refusal !== undefined) throw refusal;
  const receipt = parseReceipt(await readBounded(response.body, LIMITS.uploadReceiptMaxBytes, signal));
  if (receipt === undefined) {
    throw new ExternalAgentError('DESKTOP_INVALID_ANSWER', 'the desktop did not say where it put the file');
  }
  if (!form.isWhole || receipt.size !== form.byteCount) {
    throw new ExternalAgentError('DESKTOP_INVALID_ANSWER', 'the desktop did not take the whole file');
  }
  return receipt;
}

function parseReceipt(json: Buffer): UploadedFile | undefined {
  let value: unknown;
  try {
    value = parseForeignJson(json, SMALL_JSON);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('path' in value) || !('size' in value) || !('filename' in value)) return undefined;
  const { path, size, filename } = value;
  if (typeof path !== 'string' || typeof size !== 'number' || typeof filename !== 'string') return undefined;
  return { path, size, filename };
}

function tooLarge(): ExternalAgentError {
  return new ExternalAgentError('UPLOAD_TOO_LARGE', 'a file may have at most 500 MiB');
}
