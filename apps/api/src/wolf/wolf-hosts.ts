import { Injectable } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { WolfInstanceRegistry } from '@helix/scheduler';
import { ExternalAgentError, isSessionId, SessionDirectory, type SessionId } from '@helix/external-agent';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import type { UserPrincipal } from '../access/access.decorator.js';

/** Names a Wolf instance; what its absence means is the route's to say. */
export class WolfInstanceQueryDto {
  @ApiPropertyOptional({ description: 'Id of the Wolf instance' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  wolf_instance_id?: string;
}

interface AskedAll<T> {
  readonly answers: readonly { readonly wolfInstanceId: string; readonly answer: T }[];
  /** Instances that did not answer; those known to be offline were not asked. */
  readonly silentIds: readonly string[];
}

/** Which Wolf a request means. */
@Injectable()
export class WolfHosts {
  constructor(private readonly registry: WolfInstanceRegistry) {}

  /**
   * The id of a registered instance.
   * @throws ApiError INVALID_REQUEST when none is named, with the ids there are; NOT_FOUND
   */
  async named(wolfInstanceId: string | undefined): Promise<string> {
    if (wolfInstanceId === undefined) {
      const ids = (await this.registry.list()).map((instance) => instance.id);
      const known = ids.length === 0 ? 'none is registered' : `one of ${ids.slice(0, 20).join(', ')}`;
      throw new ApiError('INVALID_REQUEST', `wolf_instance_id is required: ${known}`);
    }
    const instance = await this.registry.find(wolfInstanceId);
    if (instance === undefined) throw new ApiError('NOT_FOUND', 'Wolf instance not found');
    return instance.id;
  }

  /** Asks every instance that can be reached, some at a time. One that fails takes nothing from the others. */
  async askAll<T>(ask: (wolfInstanceId: string) => Promise<T>): Promise<AskedAll<T>> {
    const instances = await this.registry.list();
    const waiting = instances.filter((instance) => instance.status !== 'offline').map((instance) => instance.id);
    const answers: { wolfInstanceId: string; answer: T }[] = [];
    const silentIds: string[] = [];
    const work = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        try {
          answers.push({ wolfInstanceId: id, answer: await ask(id) });
        } catch {
          silentIds.push(id);
        }
      }
    };
    await Promise.all(Array.from({ length: API_LIMITS.wolfFanOutMax }, work));
    return { answers, silentIds };
  }
}

interface HostOfSession {
  readonly sessionId: SessionId;
  readonly wolfInstanceId: string;
}

/** The host of a session that is named in a query rather than in the path, where the guard does not see it. */
@Injectable()
export class SessionHost {
  constructor(private readonly directory: SessionDirectory) {}

  /** @throws ApiError FORBIDDEN, ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP */
  async of(sessionId: string, user: UserPrincipal): Promise<HostOfSession> {
    if (!isSessionId(sessionId)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    const session = await this.directory.get(sessionId);
    if (session.ownerId !== user.userId && !user.isAdmin) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (session.wolfInstanceId === null) throw new ExternalAgentError('NO_DESKTOP', 'the session has no host');
    return { sessionId, wolfInstanceId: session.wolfInstanceId };
  }
}
