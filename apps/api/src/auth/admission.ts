import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { SessionDirectory, type SessionAccess, type SessionEntity, type SessionId } from '@helix/external-agent';
import { accessTokenOf, type AccessToken } from '@helix/revdial';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { databaseTroubleOf } from '../database/database-trouble.js';
import { ApiError } from '../errors/api-error.js';
import { Drain } from '../health/drain.js';
import type { AccessRule, SessionRule } from '../access/access.decorator.js';
import { Authenticator } from './authenticator.js';
import { isActOfAnotherSite, isFromAnotherSite } from './other-site.js';
import { principalName, type Principal } from '../access/principal.js';
import { ownAccess, SessionAccessPolicy } from './session-access.js';

/** A request whose caller is to be known: one for a route, or an upgrade to a WebSocket. */
interface Asking {
  readonly request: IncomingMessage;
  /** An upgrade is a GET and yet no read, and a replica that is closing takes none. */
  readonly isUpgrade?: boolean;
  /** A token that counts before those of the request. */
  readonly presented?: AccessToken | undefined;
}

export interface Caller {
  readonly presented: AccessToken;
  /** Undefined for a token that is not known. */
  readonly principal: Principal | undefined;
}

/** Which session a request is about. */
interface SessionNamed {
  /** Undefined when it names none, or none that could be. */
  readonly sessionId: SessionId | undefined;
  /** The message of INVALID_REQUEST for a request that names none; SESSION_NOT_FOUND is answered without it. */
  readonly missing?: string | undefined;
}

/** Who was let in to a session, by which token, and what they may do there. */
export interface SessionAdmission {
  readonly rule: SessionRule;
  readonly principal: Extract<Principal, { kind: 'user' | 'share' }>;
  readonly token: string;
  readonly session: SessionEntity;
  readonly access: SessionAccess;
}

/**
 * The one decision who is let in, for routes (`AccessGuard`), sockets of pages and streams: draining, token, page of another site,
 * authentication, kind of caller, session, access; in this order, and each failure with its code.
 */
@Injectable()
export class Admission {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly authenticator: Authenticator,
    private readonly directory: SessionDirectory,
    private readonly accessPolicy: SessionAccessPolicy,
    private readonly drain: Drain,
  ) {}

  /**
   * Who makes a request, by the token that it brings; `undefined` without a token. A browser sends our cookie with the requests of any
   * page, so one that came by cookie must be from a page of ours, unless it only reads.
   * @throws ApiError NOT_READY, FORBIDDEN, AUTHENTICATION_AWAY, TOO_MANY_ATTEMPTS
   */
  async identify({
    request,
    isUpgrade = false,
    presented = accessTokenOf(request),
  }: Asking): Promise<Caller | undefined> {
    if (isUpgrade && this.drain.isDraining) throw new ApiError('NOT_READY', 'the replica is closing; try again');
    if (presented === undefined) return undefined;
    if (presented.from === 'cookie' && !isUpgrade && isActOfAnotherSite(request, this.config)) {
      throw new ApiError('FORBIDDEN', 'a page of another site cannot change anything with the cookie of this one');
    }
    if (presented.from === 'cookie' && isUpgrade && isFromAnotherSite(request, this.config)) {
      throw new ApiError('FORBIDDEN', 'Forbidden');
    }
    try {
      return {
        presented,
        principal: await this.authenticator.authenticate(presented.token, request.socket.remoteAddress),
      };
    } catch (cause) {
      if (cause instanceof ApiError || databaseTroubleOf(cause)?.code === 'DATABASE_BUSY') throw cause;
      throw new ApiError('AUTHENTICATION_AWAY', 'Authentication service temporarily unavailable', { cause });
    }
  }

  /**
   * Lets in by who the caller is.
   * @throws ApiError as `identify`, and UNAUTHENTICATED
   */
  async admit(asking: Asking, rule: Extract<AccessRule, 'user' | 'host' | 'admin'>): Promise<Principal> {
    const { principal } = await this.known(asking);
    if (!isAllowed(rule, principal)) throw new ApiError('FORBIDDEN', 'Forbidden');
    return principal;
  }

  /**
   * Lets in by what the caller may do with a session.
   * @throws ApiError as `admit`, SESSION_NOT_FOUND, and INVALID_REQUEST where `missing` is given
   * @throws the database's error when it cannot tell about the session
   */
  async admitToSession(asking: Asking, rule: SessionRule, named: SessionNamed): Promise<SessionAdmission> {
    const { principal, presented } = await this.known(asking);
    const { sessionId, missing } = named;
    // Those to whom no session, or no other one, could be open learn nothing about which ones exist.
    const mayAsk =
      principal.kind === 'user' ||
      (principal.kind === 'share' && rule !== 'session-owner' && principal.sessionId === sessionId);
    if (!mayAsk) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (sessionId === undefined) {
      throw missing === undefined
        ? new ApiError('SESSION_NOT_FOUND', 'Session not found')
        : new ApiError('INVALID_REQUEST', missing);
    }
    const session = await this.directory.get(sessionId);
    const access = await this.accessUnder(rule, principal, session);
    if (access === undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    return { rule, principal, token: presented.token, session, access };
  }

  /** Why one who was let in cannot stay; `undefined` while they can, and while that cannot be told. */
  async evictionReason(admission: SessionAdmission): Promise<'signedOut' | 'revoked' | undefined> {
    const { rule, principal, token, session, access } = admission;
    try {
      const now = await this.authenticator.authenticate(token);
      if (now === undefined || principalName(now) !== principalName(principal)) {
        return principal.kind === 'share' ? 'revoked' : 'signedOut';
      }
      const still = await this.accessUnder(rule, now, session);
      // Those who may do more than they came in for have no reason to leave.
      return still === undefined || (still.role === 'view' && access.role === 'control') ? 'revoked' : undefined;
    } catch {
      return undefined;
    }
  }

  private async known(asking: Asking): Promise<{ readonly principal: Principal; readonly presented: AccessToken }> {
    const caller = await this.identify(asking);
    if (caller?.principal === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    const { principal, presented } = caller;
    if (principal.kind === 'app') {
      throw new ApiError('FORBIDDEN', 'this API key is for an app and opens nothing here; use a personal API key');
    }
    return { principal, presented };
  }

  private async accessUnder(
    rule: SessionRule,
    principal: Principal,
    session: SessionEntity,
  ): Promise<SessionAccess | undefined> {
    if (rule === 'session-owner') return ownAccess(principal, session);
    const access = await this.accessPolicy.of(principal, session);
    return rule === 'session-controller' && access?.role !== 'control' ? undefined : access;
  }
}

function isAllowed(rule: 'user' | 'host' | 'admin', principal: Principal): boolean {
  if (principal.kind === 'runner') return rule === 'host';
  return principal.kind === 'user' && (principal.isAdmin || rule === 'user');
}
