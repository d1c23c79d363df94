import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '@helix/pacing/testing';

/** One message of `/api/v1/ws/user`. */
export interface SessionUpdate {
  readonly type: string;
  readonly session_id: string;
  readonly session: Readonly<Record<string, unknown>>;
}

/** A page's WebSocket about a session, and what it was told. */
export class SessionSocket {
  readonly updates: SessionUpdate[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.updates.push(JSON.parse(data.toString()) as SessionUpdate));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => undefined);
  }

  static async open(
    apiUrl: string,
    sessionId: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<SessionSocket> {
    const socket = new SessionSocket(new WebSocket(urlOf(apiUrl, `session_id=${sessionId}`), { headers }));
    await once(socket.socket, 'open');
    return socket;
  }

  /** The status with which an upgrade is refused, and the body. */
  static async refusal(
    apiUrl: string,
    query: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: string; readonly retryAfter: string | undefined }> {
    const socket = new WebSocket(urlOf(apiUrl, query), { headers });
    socket.on('error', () => undefined);
    return await new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.terminate();
        reject(new Error('the upgrade was not refused'));
      });
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          body += piece;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] });
        });
      });
    });
  }

  get latest(): Readonly<Record<string, unknown>> {
    return this.updates.at(-1)?.session ?? {};
  }

  /** Waits until the latest update looks like this. */
  async until(expected: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<void> {
    await eventually(() => {
      expect(this.latest).toMatchObject(expected);
    }, timeoutMs);
  }

  async untilClosed(code: number): Promise<void> {
    await eventually(() => {
      expect(this.closed?.code).toBe(code);
    });
  }

  close(): void {
    this.socket.terminate();
  }
}

function urlOf(apiUrl: string, query: string): string {
  return `${apiUrl.replace(/^http/, 'ws')}/api/v1/ws/user?${query}`;
}
