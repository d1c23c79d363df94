import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, Module } from '@nestjs/common';
import { ExternalAgentError } from '@helix/external-agent';
import { isTunnelRequest, WaitingSocket } from '@helix/revdial';
import type { Logger } from 'pino';
import { answerRaw, rawAnswerOf } from '../answers/raw-answer.js';
import { ApiError } from '../errors/api-error.js';
import { httpAnswerOf } from '../errors/status-by-code.js';
import { API_LIMITS } from '../limits.js';
import { LOGGER } from '../logging/logging.module.js';

/**
 * Admits an upgrade and takes its socket over (`waiting.release`), or rejects with the error that answers it. A caller who has left
 * meanwhile is seen by `waiting.signal`.
 */
export type TakeUpgrade = (request: IncomingMessage, waiting: WaitingSocket) => Promise<void>;

/** One kind of WebSocket. */
interface SocketKind {
  /** In the plural, for messages. */
  readonly name: string;
  /** `undefined` for the URLs of other kinds. */
  readonly match: (url: URL) => TakeUpgrade | undefined;
}

/**
 * All upgrades of the API's server but those of the tunnel, which has a gateway of its own. The order is the point: no request is
 * upgraded before it is admitted, so that every failure is an HTTP status, in the form of every other error.
 */
@Injectable()
export class Upgrades {
  private readonly kinds: { readonly kind: SocketKind; waitingCount: number }[] = [];

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  serve(kind: SocketKind): void {
    this.kinds.push({ kind, waitingCount: 0 });
  }

  /** Listens to the server. The returned function ends that. */
  attach(server: Server): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer): void => {
      if (!isTunnelRequest(request)) void this.take(request, socket, head);
    };
    server.on('upgrade', onUpgrade);
    return () => {
      server.off('upgrade', onUpgrade);
    };
  }

  /** Never rejects. */
  private async take(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // It is read meanwhile, so that a caller who leaves is noticed.
    const waiting = new WaitingSocket(socket, head);
    try {
      await this.admit(request, waiting);
    } catch (error) {
      waiting.release();
      if (httpAnswerOf(error) === undefined) this.logger.error({ err: error }, 'a WebSocket could not be opened');
      if (!socket.destroyed) answerRaw(socket, rawAnswerOf(error), request);
    }
  }

  private async admit(request: IncomingMessage, waiting: WaitingSocket): Promise<void> {
    const target = request.url ?? '/';
    // `//` and its like are no URL.
    if (!URL.canParse(target, 'ws://api')) throw new ApiError('INVALID_REQUEST', 'the path cannot be read');
    const url = new URL(target, 'ws://api');
    for (const entry of this.kinds) {
      const take = entry.kind.match(url);
      if (take === undefined) continue;
      if (entry.waitingCount >= API_LIMITS.socketsWaitingMaxCount) {
        throw new ExternalAgentError('BUSY', `too many ${entry.kind.name} are being opened; try again`);
      }
      entry.waitingCount += 1;
      try {
        await take(request, waiting);
      } finally {
        entry.waitingCount -= 1;
      }
      return;
    }
    throw new ApiError('NOT_FOUND', 'nothing to upgrade to here');
  }
}

@Module({ providers: [Upgrades], exports: [Upgrades] })
export class SocketsModule {}
