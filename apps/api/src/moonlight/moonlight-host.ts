import { Injectable } from '@nestjs/common';
import { sessionIdOfReference } from '@helix/external-agent';
import { parseRunnerId } from '@helix/revdial';
import type { UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { SessionHost, WolfHosts } from '../wolf/wolf-hosts.js';

interface NamedMoonlight {
  readonly wolfInstanceId: string;
  /** What names it again, for places that an answer leads to. */
  readonly routingQuery: string;
}

/** Whose Moonlight Web a request under `/moonlight/` means. It says so itself: no host is ever taken by default. */
@Injectable()
export class MoonlightHost {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly sessionHost: SessionHost,
  ) {}

  /** @throws ApiError INVALID_REQUEST, NOT_FOUND, FORBIDDEN; ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP */
  async named(query: URLSearchParams, user: UserPrincipal): Promise<NamedMoonlight> {
    const reference = only(query, 'session_id');
    const instance = only(query, 'wolf_instance_id');
    if ((reference === undefined) === (instance === undefined)) {
      throw new ApiError('INVALID_REQUEST', 'either session_id or wolf_instance_id is required');
    }
    if (reference !== undefined) {
      const sessionId = sessionIdOfReference(reference);
      if (sessionId === undefined) throw new ApiError('INVALID_REQUEST', 'session_id is not that of a session');
      const { wolfInstanceId } = await this.sessionHost.of(sessionId, user);
      return { wolfInstanceId, routingQuery: `session_id=${reference}` };
    }
    // What cannot be an id need not be looked up.
    if (instance === undefined || parseRunnerId(`moonlight-${instance}`) === undefined) {
      throw new ApiError('NOT_FOUND', 'Wolf instance not found');
    }
    const wolfInstanceId = await this.hosts.named(instance);
    return { wolfInstanceId, routingQuery: `wolf_instance_id=${wolfInstanceId}` };
  }
}

/** Empty counts as absent; twice is a caller who may mean either. */
function only(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name).filter((value) => value !== '');
  if (values.length > 1) throw new ApiError('INVALID_REQUEST', `${name} is there more than once`);
  return values[0];
}
