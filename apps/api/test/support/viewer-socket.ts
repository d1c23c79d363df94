import { WebSocket } from 'ws';
import { eventually } from '@helix/pacing/testing';

const FIRST = {
  credentials: 'not the viewer’s to know',
  session_id: 'agent-ses_00000000000000000000000000-somebody-else',
  mode: 'join',
  client_unique_id: 'helix-agent-ses_00000000000000000000000000-somebody-else',
  host_id: 7,
  app_id: 7,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 8000,
};
const SDP = (length: number): string => `v=0\r\na=${'x'.repeat(length)}\r\n`;

/** A browser's side of a stream's signalling, without a browser. */
export class ViewerSocket {
  readonly messages: string[] = [];
  closed: { readonly code: number; readonly atMs: number } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      this.messages.push(text);
      if (text.startsWith('{"WebRtcConfig"')) this.describe('offer');
      // The second description is the host's own offer.
      else if (text.includes('"ty":"offer"')) this.describe('answer');
    });
    socket.on('close', (code) => {
      this.closed = { code, atMs: performance.now() };
    });
    socket.on('error', () => undefined);
  }

  /** Opens a stream and says the first message; its claims about identity are all false. */
  static async open(url: string, key?: string, headers: Readonly<Record<string, string>> = {}): Promise<ViewerSocket> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), {
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    });
    const viewer = new ViewerSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`refused: ${String(response.statusCode)}`));
        response.resume();
        socket.terminate();
      });
      socket.once('close', (code) => {
        reject(new Error(`closed: ${String(code)}`));
      });
    });
    socket.send(JSON.stringify({ AuthenticateAndInit: FIRST }));
    return viewer;
  }

  /** The status, and the code in the body, with which a stream is refused before any upgrade. */
  static async refusal(
    url: string,
    key?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<readonly [number, unknown]> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), {
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    });
    socket.on('error', () => undefined);
    return await new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.terminate();
        reject(new Error('the stream was not refused'));
      });
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          body += piece;
        });
        response.on('end', () => {
          resolve([response.statusCode ?? 0, (JSON.parse(body) as { readonly code?: unknown }).code]);
        });
      });
    });
  }

  describe(ty: 'offer' | 'answer', length = 500): void {
    this.socket.send(JSON.stringify({ Signaling: { Description: { ty, sdp: SDP(length) } } }));
  }

  has(part: string): boolean {
    return this.messages.some((message) => message.includes(part));
  }

  async until(part: string, timeoutMs?: number): Promise<void> {
    await eventually(() => {
      if (!this.has(part)) throw new Error(`not told ${part}: ${this.messages.join('\n')}`);
    }, timeoutMs);
  }

  async untilConnected(): Promise<void> {
    await this.until('"ConnectionComplete"');
  }

  async untilClosed(code: number, timeoutMs?: number): Promise<void> {
    await eventually(() => {
      expect(this.closed?.code).toBe(code);
    }, timeoutMs);
  }

  close(): void {
    this.socket.terminate();
  }
}
