import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { CLIPBOARD_MAX_BYTES, CONTROL_BODY_MAX_BYTES, DESKTOP_CONNECTIONS_COUNT } from '../limits.js';
import { answerJson, answerText, closeServer, listenOnLoopback, readBody } from '../local-server.js';
import { Commands } from './commands.js';
import { DesktopLog } from './desktop-log.js';
import { DesktopPicture } from './desktop-picture.js';
import { JpegEncoder } from './jpeg-encoder.js';
import { type Picture, ServedPictures } from './picture.js';
import { type ScreenshotFault, parseFault, playFault } from './screenshot-fault.js';
import { Uploads } from './uploads.js';

/** What desktops had before they took files, ran commands and showed their logs. */
const OLD_PATHS: ReadonlySet<string> = new Set(['/screenshot', '/clipboard', '/health']);

/** Quality when the caller names none, as desktops choose it (helix-rest §3.3). */
const DEFAULT_QUALITY = 70;

export interface ScreenshotServerOptions {
  readonly sessionId: string;
  readonly fault?: ScreenshotFault;
  readonly log?: DesktopLog;
  /** Called with the folder for files once it exists. */
  readonly onFolder?: (folder: string) => void;
}

/**
 * The HTTP server inside a desktop: `/screenshot`, `/clipboard`, `/health`, `/upload`, `/exec`, `/logs`. Beside them `/__simulator/…`, which only a
 * simulated desktop has and which no fault touches.
 *
 * `listen` takes the port while the desktop is still booting; until `open` a connection is closed without a byte.
 */
export class ScreenshotServer {
  readonly #server: Server;
  readonly #picture: DesktopPicture;
  readonly #jpeg: JpegEncoder;
  readonly #served = new ServedPictures();
  readonly #log: DesktopLog;
  readonly #uploads: Uploads;
  readonly #commands: Commands;
  #clipboard: ClipboardContent | undefined;
  #fault: ScreenshotFault;
  #booted = false;

  constructor(options: ScreenshotServerOptions) {
    this.#picture = new DesktopPicture(options.sessionId);
    this.#jpeg = new JpegEncoder(() => this.#picture.current());
    this.#fault = options.fault ?? { mode: 'ok' };
    this.#log = options.log ?? new DesktopLog();
    this.#uploads = new Uploads(options.onFolder);
    this.#commands = new Commands(this.#log);
    this.#server = createServer((req, res) => {
      this.#answer(req, res).catch(() => res.destroy());
    });
    this.#server.prependListener('connection', (socket) => {
      if (!this.#booted) socket.destroy();
    });
    // As in the desktops of the field: an idle connection is kept for as long as its peer likes.
    this.#server.keepAliveTimeout = 0;
    this.#server.maxConnections = DESKTOP_CONNECTIONS_COUNT;
  }

  /** Resolves to the port taken on 127.0.0.1; rejects when `port` is not free. */
  listen(port: number): Promise<number> {
    return listenOnLoopback(this.#server, port);
  }

  /** From here on requests are answered. */
  open(): void {
    this.#booted = true;
  }

  async close(): Promise<void> {
    this.#commands.close();
    this.#log.close();
    await this.#jpeg.close();
    const closed = closeServer(this.#server);
    this.#server.closeAllConnections();
    await closed;
    await this.#uploads.close();
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://desktop');
    if (url.pathname.startsWith('/__simulator/')) {
      await this.#answerSimulator(req, res, url.pathname);
      return;
    }
    if (this.#fault.mode !== 'ok' && !(await playFault(this.#fault, req, res))) return;
    const route = `${req.method ?? 'GET'} ${url.pathname}`;
    if (this.#fault.mode === 'old' && !OLD_PATHS.has(url.pathname)) {
      answerText(res, 404, 'not found');
      return;
    }
    if (url.pathname !== '/logs') {
      res.once('finish', () => {
        this.#log.write('stdout', `${route} ${String(res.statusCode)}`);
      });
    }
    if (route === 'GET /screenshot') await this.#answerScreenshot(res, url.searchParams);
    else if (route === 'GET /clipboard') this.#answerClipboard(res);
    else if (route === 'POST /clipboard') await this.#takeClipboard(req, res);
    else if (route === 'POST /upload') await this.#uploads.answer(req, res, url.searchParams);
    else if (route === 'POST /exec') await this.#commands.answer(req, res);
    else if (route === 'GET /logs') this.#log.answer(res, url.searchParams);
    else if (route === 'GET /health') answerJson(res, 200, this.#health());
    else answerText(res, 404, 'not found');
  }

  async #answerScreenshot(res: ServerResponse, query: URLSearchParams): Promise<void> {
    const format = query.get('format') ?? 'png';
    if (format === 'png') {
      this.#send(res, this.#picture.current());
      return;
    }
    const quality = Number(query.get('quality') ?? DEFAULT_QUALITY);
    if (format !== 'jpeg' || !Number.isInteger(quality) || quality < 1 || quality > 100) {
      answerText(res, 400, 'format is png or jpeg, quality a whole number from 1 to 100');
      return;
    }
    this.#send(res, await this.#jpeg.encode(quality));
  }

  #send(res: ServerResponse, shown: Picture): void {
    this.#served.note(shown);
    res.writeHead(200, { 'Content-Type': shown.contentType, 'Content-Length': shown.sizeBytes });
    for (const part of shown.parts) res.write(part);
    res.end();
  }

  #answerClipboard(res: ServerResponse): void {
    if (this.#clipboard === undefined) res.writeHead(200, { 'Content-Length': 0 }).end();
    else answerJson(res, 200, this.#clipboard);
  }

  async #takeClipboard(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readBody(req, CLIPBOARD_MAX_BYTES);
    if (body === undefined) {
      answerText(res.setHeader('Connection', 'close'), 413, 'the clipboard holds at most 1 MiB');
      return;
    }
    const content = parseClipboard(body);
    if (content === undefined) {
      answerText(res, 400, 'expected {"type":"text"|"image","data":string}');
      return;
    }
    this.#clipboard = content.data === '' ? undefined : content;
    res.writeHead(200, { 'Content-Length': 0 }).end();
  }

  #health(): Readonly<Record<string, string | number>> {
    if (this.#fault.mode === 'old') return { status: 'ok' };
    return { status: 'ok', pid: process.pid, uptime_s: process.uptime(), display: ':1' };
  }

  async #answerSimulator(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    if (path === '/__simulator/served') answerJson(res, 200, this.#served.list());
    else if (path === '/__simulator/uploads') answerJson(res, 200, this.#uploads.list());
    else if (path === '/__simulator/fault' && req.method === 'POST') {
      const fault = parseFault((await readBody(req, CONTROL_BODY_MAX_BYTES)) ?? '');
      if (fault !== undefined) this.#fault = fault;
      answerJson(res, fault === undefined ? 400 : 200, this.#fault);
    } else answerJson(res, path === '/__simulator/fault' ? 200 : 404, this.#fault);
  }
}

/** The clipboard as it travels (helix-rest §3.4): text as it is, an image as base64 of a PNG. */
interface ClipboardContent {
  readonly type: 'text' | 'image';
  readonly data: string;
}

/** What a clipboard body says, or `undefined` when it says nothing that a clipboard can hold. */
function parseClipboard(body: string): ClipboardContent | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('type' in parsed) || !('data' in parsed)) return undefined;
  const { type, data } = parsed;
  if ((type !== 'text' && type !== 'image') || typeof data !== 'string') return undefined;
  return { type, data };
}
