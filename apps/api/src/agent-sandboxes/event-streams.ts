import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ExternalAgentError } from '@helix/external-agent';
import { isWolfError, WolfWatches, type WolfEvent, type WolfWatchEvent } from '@helix/wolf-client';
import type { ServerResponse } from 'node:http';
import { Drain } from '../health/drain.js';
import { API_LIMITS } from '../limits.js';

/**
 * Wolf's events to admins, as server-sent events. Those who look at the same host share its one watch, whose events have no
 * secrets any more. A stream ends when its caller leaves, reads too slowly, or the replica closes.
 */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly ends = new Set<() => void>();

  constructor(
    private readonly watches: WolfWatches,
    private readonly drain: Drain,
  ) {
    drain.whenDraining(() => {
      for (const end of [...this.ends]) end();
    });
  }

  get openCount(): number {
    return this.ends.size;
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const end of [...this.ends]) end();
    await this.watches.close();
  }

  /** @throws ExternalAgentError BUSY, WolfError */
  open(wolfInstanceId: string, response: ServerResponse): void {
    // Who left while it was looked up closes no second time.
    if (response.destroyed) return;
    if (this.drain.isDraining || this.ends.size >= API_LIMITS.eventStreamsMax) {
      throw new ExternalAgentError('BUSY', 'no more streams of events are taken');
    }
    const held = this.watches.hold(wolfInstanceId);
    const unsubscribe = held.watch.subscribe((event) => {
      const frame = frameOf(event);
      if (frame !== undefined) write(response, frame);
    });
    const keepAlive = setInterval(() => {
      write(response, ':keepalive\n\n');
    }, API_LIMITS.eventStreamKeepAliveMs).unref();
    const release = (): void => {
      clearInterval(keepAlive);
      unsubscribe();
      held.release();
      this.ends.delete(end);
    };
    const end = (): void => {
      release();
      response.end();
    };
    this.ends.add(end);
    response.once('close', release);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-store',
      // Some proxies gather an answer before they pass it on.
      'X-Accel-Buffering': 'no',
    });
    write(response, ':open\n\n');
  }
}

/** Cuts who does not read: an event that comes minutes late is worth nothing. */
function write(response: ServerResponse, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  response.write(text);
  if (response.writableLength > API_LIMITS.eventStreamBacklogMaxBytes) response.destroy();
}

function frameOf(told: WolfWatchEvent): string | undefined {
  switch (told.type) {
    case 'event':
      return frame(told.event.type, toEventData(told.event));
    case 'lost':
      return frame('lost', { code: isWolfError(told.error) ? told.error.code : 'INTERNAL' });
    case 'snapshot':
      return undefined;
    default:
      return told satisfies never;
  }
}

function frame(name: string, content: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(content)}\n\n`;
}

/** Key by key, so that what an event may hold one day does not go out by itself. */
function toEventData(event: WolfEvent): object {
  return {
    type: event.type,
    ...('lobbyId' in event && { lobby_id: event.lobbyId }),
    ...('sessionId' in event && { session_id: event.sessionId }),
    ...('clientUniqueId' in event && { client_unique_id: event.clientUniqueId }),
    ...('clientIp' in event && { client_ip: event.clientIp }),
    ...('imageName' in event && { image_name: event.imageName }),
    ...('success' in event && { success: event.success }),
    ...('name' in event && { name: event.name }),
  };
}
