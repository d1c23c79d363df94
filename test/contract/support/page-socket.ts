import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';

export interface SocketRefusal {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly message: unknown;
  readonly retryAfter: string | undefined;
}

/** A page's WebSocket, with what it has been told. */
export class PageSocket {
  readonly messages: Readonly<Record<string, unknown>>[] = [];
  readonly closed: Promise<number>;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (message: Buffer, isBinary) => {
      if (isBinary) throw new Error('a page reads texts');
      this.messages.push(JSON.parse(message.toString()) as Record<string, unknown>);
    });
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** Opens one as a browser does, or says how it was refused. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<PageSocket | SocketRefusal> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
    const page = new PageSocket(socket);
    return await new Promise((resolve, reject) => {
      socket.once('open', () => {
        resolve(page);
      });
      socket.once('unexpected-response', (_request, response) => {
        void text(response).then((body) => {
          const { message } = JSON.parse(body) as { readonly message: unknown };
          resolve({
            status: response.statusCode,
            type: response.headers['content-type'],
            message,
            retryAfter: response.headers['retry-after'],
          });
        }, reject);
      });
      socket.once('error', reject);
    });
  }

  leave(): void {
    this.socket.terminate();
  }
}
