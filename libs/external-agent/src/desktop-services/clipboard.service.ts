import { collectBounded, readBounded, SMALL_JSON, splitForeignJson, type RunnerHttp } from '@helix/revdial';
import { ByteBudget } from './byte-budget.js';
import { desktopOf } from '../session/desktop-of.js';
import { ExternalAgentError } from '../external-agent-error.js';
import { askDesktop } from '../foreign/ask-plainly.js';
import { LIMITS } from '../limits.js';
import type { SessionDirectory } from '../session/session-directory.js';
import type { SessionId } from '../session/session-id.js';

/** What a desktop's clipboard holds; `image` is a PNG in base64 (helix-rest §3.4). */
export interface ClipboardContent {
  readonly type: 'text' | 'image';
  /** A string as it is written in JSON, valid: to decode and encode 20 MiB would block all other requests. */
  readonly data: Buffer;
}

/** The clipboard of a desktop, read and written through `sandbox-<session>`. */
export class ClipboardService {
  readonly #http: RunnerHttp;
  readonly #directory: SessionDirectory;
  readonly #budget: ByteBudget;

  constructor(http: RunnerHttp, directory: SessionDirectory, budget = new ByteBudget(LIMITS.desktopBytesMaxInFlight)) {
    this.#http = http;
    this.#directory = directory;
    this.#budget = budget;
  }

  /**
   * Reads the clipboard; `undefined` when it is empty.
   * @throws ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP, DESKTOP_STARTING, DESKTOP_ERROR, DESKTOP_INVALID_ANSWER, BUSY
   * @throws RevDialError as the tunnel fails; UPSTREAM_TOO_LARGE beyond 20 MiB
   */
  async read(sessionId: SessionId, signal?: AbortSignal): Promise<ClipboardContent | undefined> {
    desktopOf(await this.#directory.get(sessionId));
    const response = await askDesktop(this.#http, sessionId, {
      method: 'GET',
      path: '/clipboard',
      ...(signal && { signal }),
    });
    if (response.status !== 200) {
      response.body.destroy();
      throw desktopError('read', response.status);
    }
    const body = await this.#budget.during(response.body, () =>
      readBounded(response.body, LIMITS.clipboardMaxBytes, signal),
    );
    if (body.length === 0) return undefined;
    const content = await parseClipboard(body);
    if (content === undefined) {
      throw new ExternalAgentError('DESKTOP_INVALID_ANSWER', 'the desktop answered something that is not a clipboard');
    }
    return content;
  }

  /**
   * Replaces the clipboard.
   * @throws ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP, DESKTOP_STARTING, DESKTOP_ERROR
   * @throws RevDialError as the tunnel fails
   */
  async write(sessionId: SessionId, content: ClipboardContent, signal?: AbortSignal): Promise<void> {
    desktopOf(await this.#directory.get(sessionId));
    const response = await askDesktop(this.#http, sessionId, {
      method: 'POST',
      path: '/clipboard',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(clipboardJson(content)),
      ...(signal && { signal }),
    });
    // Read off, so that the stream can be kept; no caller waits for it, and a desktop that goes on talking is cut.
    void collectBounded(
      response.body,
      LIMITS.clipboardReceiptMaxBytes,
      AbortSignal.timeout(LIMITS.clipboardReceiptMs),
    ).catch(() => undefined);
    if (response.status < 200 || response.status > 299) throw desktopError('write', response.status);
  }
}

/** Reads `{"type":"text"|"image","data":"…"}`; `undefined` when it is anything else. Unknown keys are dropped. */
export async function parseClipboard(json: Buffer): Promise<ClipboardContent | undefined> {
  let members: ReadonlyMap<string, Buffer>;
  try {
    members = await splitForeignJson(json, { ...SMALL_JSON, maxBytes: LIMITS.clipboardMaxBytes });
  } catch {
    return undefined;
  }
  const type = members.get('type')?.toString();
  const data = members.get('data');
  if ((type !== '"text"' && type !== '"image"') || data === undefined || !isJsonString(data)) return undefined;
  return { type: type === '"text"' ? 'text' : 'image', data };
}

/** The content as JSON, in pieces: the data as it came, not copied. */
export function clipboardJson({ type, data }: ClipboardContent): readonly Buffer[] {
  return [Buffer.from(`{"type":"${type}","data":`), data, Buffer.from('}')];
}

function isJsonString(json: Buffer): boolean {
  return json.length >= 2 && json.at(0) === 0x22;
}

function desktopError(verb: string, status: number): ExternalAgentError {
  return new ExternalAgentError('DESKTOP_ERROR', `the desktop could not ${verb} its clipboard`, {
    details: { upstreamStatus: status },
  });
}
