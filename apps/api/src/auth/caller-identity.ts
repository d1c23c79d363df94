import { Inject, Injectable } from '@nestjs/common';
import { accessTokenOf, type AccessToken } from '@helix/revdial';
import type { Request } from 'express';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { authenticationTrouble } from './authentication-trouble.js';
import { Authenticator } from './authenticator.js';
import { isActOfAnotherSite } from './other-site.js';
import type { Principal } from './principal.js';

export interface Caller {
  readonly presented: AccessToken;
  /** Undefined for a token that nobody holds. */
  readonly principal: Principal | undefined;
}

/** Who makes a request, by the token that it brings. */
@Injectable()
export class CallerIdentity {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  /**
   * `undefined` for a request without a token.
   * @throws ApiError FORBIDDEN for a page of another site that would change something by cookie, AUTHENTICATION_AWAY, TOO_MANY_ATTEMPTS
   */
  async of(request: Request): Promise<Caller | undefined> {
    const presented = accessTokenOf(request);
    if (presented === undefined) return undefined;
    if (presented.from === 'cookie' && isActOfAnotherSite(request, this.config)) {
      throw new ApiError('FORBIDDEN', 'a page of another site may not change anything with the cookie of this one');
    }
    try {
      return {
        presented,
        principal: await this.authenticator.authenticate(presented.token, request.socket.remoteAddress),
      };
    } catch (error) {
      throw authenticationTrouble(error);
    }
  }
}
