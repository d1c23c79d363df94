import type { Readable } from 'node:stream';
import { onAbort } from '@helix/pacing';
import { Busboy } from '@fastify/busboy';
import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';

/** The part `file` of a form, on its way. */
export interface MultipartFile {
  /** A plain file name. */
  readonly fileName: string;
  readonly contentType: string;
  /**
   * Holds the sender back. Fails with UPLOAD_TOO_LARGE past the limit, and with what ends the form in the middle of
   * it.
   */
  readonly content: Readable;
}

/**
 * Finds the part `file` of a form; parts before it are passed over, those behind it are for the caller to drop. When the
 * signal aborts, the source is left alone: unpiped, neither read nor destroyed.
 * @throws ExternalAgentError INVALID_REQUEST, or the signal's reason
 */
export function openMultipartFile(source: Readable, contentType: string, signal: AbortSignal): Promise<MultipartFile> {
  return new Promise((resolve, reject) => {
    let busboy: ReturnType<typeof formReader>;
    try {
      busboy = formReader(contentType);
    } catch (cause) {
      reject(new ExternalAgentError('INVALID_REQUEST', 'the body must be multipart/form-data', { cause }));
      return;
    }
    let content: Readable | undefined;
    const fail = (error: Error): void => {
      source.unpipe(busboy);
      content?.destroy(error);
      reject(error);
    };
    onAbort(signal, (reason) => {
      fail(reason instanceof Error ? reason : new Error('the upload was cancelled', { cause: reason }));
    });
    busboy.on('error', (cause) => {
      fail(new ExternalAgentError('INVALID_REQUEST', 'the body is not a whole form', { cause }));
    });
    busboy.on('finish', () => {
      if (content === undefined) fail(new ExternalAgentError('INVALID_REQUEST', 'the form has no field `file`'));
    });
    busboy.on('file', (field, file, name, _encoding, type) => {
      content = file;
      // A reader who has left must not end the process by an unhandled error.
      file.on('error', (cause) => {
        file.destroy(cause);
      });
      file.on('limit', () => {
        fail(new ExternalAgentError('UPLOAD_TOO_LARGE', 'a file may have at most 500 MiB'));
      });
      try {
        if (field !== 'file') throw new ExternalAgentError('INVALID_REQUEST', 'the file must be in the field `file`');
        resolve({ fileName: checkedFileName(name), contentType: type, content: file });
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    if (!signal.aborted) source.pipe(busboy);
  });
}

function formReader(contentType: string) {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new TypeError('not a form with files');
  return new Busboy({
    headers: { 'content-type': contentType },
    limits: {
      fileSize: LIMITS.uploadMaxBytes,
      files: 1,
      fields: LIMITS.uploadFieldsMaxCount,
      fieldSize: LIMITS.uploadFieldMaxBytes,
      parts: LIMITS.uploadFieldsMaxCount + 1,
      headerPairs: LIMITS.uploadPartHeadersMaxCount,
      headerSize: LIMITS.uploadPartHeaderMaxBytes,
    },
  });
}

/**
 * The name under which a desktop may store a file: the last part of what the sender's system calls it, without a path.
 * @throws ExternalAgentError INVALID_REQUEST for names that no folder can hold, or that would lead out of it
 */
function checkedFileName(sent: string | undefined): string {
  const name = (sent ?? '').split(/[\\/]/).at(-1)?.trim() ?? '';
  if (name === '' || name === '.' || name === '..') {
    throw new ExternalAgentError('INVALID_REQUEST', 'the file has no name');
  }
  // Control characters, halves of characters, and what turns the direction of text to make one suffix look like another.
  if (/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the name of the file has characters that are not allowed');
  }
  if (Buffer.byteLength(name) > LIMITS.uploadFileNameMaxBytes) {
    throw new ExternalAgentError('INVALID_REQUEST', 'the name of the file is too long');
  }
  return name;
}
