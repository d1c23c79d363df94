import { Injectable } from '@nestjs/common';
import { isSessionId, SessionDirectory } from '@helix/external-agent';
import {
  RevDialError,
  type RunnerAuthorizer,
  type RunnerName,
  type RunnerPermission,
  type RunnerPrincipal,
} from '@helix/revdial';
import { ApiError } from '../errors/api-error.js';
import { Authenticator } from './authenticator.js';
import { principalName, type Principal } from '../access/principal.js';

/**
 * Which token opens which link (revdial-wire §1): a runner token the parts of a host and never a desktop; a desktop's token
 * its own desktop; a person's key the desktops of that person.
 */
@Injectable()
export class TokenRunnerAuthorizer implements RunnerAuthorizer {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly directory: SessionDirectory,
  ) {}

  async authenticate(token: string, remoteAddress?: string): Promise<RunnerPrincipal | undefined> {
    const principal = await this.authenticator.authenticate(token, remoteAddress).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 'TOO_MANY_ATTEMPTS') throw error;
      throw new RevDialError('LIMIT_REACHED', error.message, { cause: error });
    });
    if (principal === undefined) return undefined;
    return { name: principalName(principal), mayOpen: (runner) => this.mayOpen(principal, runner) };
  }

  private async mayOpen(principal: Principal, runner: RunnerName): Promise<RunnerPermission> {
    if (principal.kind === 'runner') return runner.kind === 'sandbox' ? 'forbidden' : 'granted';
    if (principal.kind === 'app' || principal.kind === 'share') return 'forbidden';
    if (runner.kind !== 'sandbox') return 'malformed';
    if (principal.kind === 'session' && runner.subject !== principal.sessionId) return 'forbidden';
    if (!isSessionId(runner.subject)) return 'forbidden';
    const session = await this.directory.get(runner.subject).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'SESSION_NOT_FOUND') return undefined;
      throw error;
    });
    if (session === undefined || session.state === 'stopped' || session.state === 'failed') return 'forbidden';
    if (principal.kind === 'user' && session.ownerId !== principal.userId) return 'forbidden';
    return 'granted';
  }
}
