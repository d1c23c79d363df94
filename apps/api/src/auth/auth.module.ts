import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { BodyGuard } from '../input/body.guard.js';
import { LOGGER } from '../logging/logging.module.js';
import { AccessGuard } from './access.guard.js';
import { Admission } from './admission.js';
import { Authenticator, OIDC_USERS } from './authenticator.js';
import { OidcUsers } from './oidc/oidc-users.js';
import { TokenRunnerAuthorizer } from './runner-authorizer.js';
import { SessionAccessPolicy } from './session-access.js';
import { StrangerBudget } from './stranger-budget.js';
import { WhoAmIController } from './who-am-i.controller.js';

/** Who is calling, and what they may do: tokens, the guard before every route, the admission of sockets and of links. */
@Global()
@Module({
  imports: [ApiKeysModule],
  controllers: [WhoAmIController],
  providers: [
    { provide: StrangerBudget, useFactory: () => new StrangerBudget() },
    {
      provide: OIDC_USERS,
      inject: [API_CONFIG, LOGGER],
      useFactory: ({ oidc, adminUserIds }: ApiConfig, logger: Logger) =>
        oidc === undefined ? undefined : new OidcUsers(oidc, (userId) => adminUserIds.includes(userId), logger),
    },
    Authenticator,
    SessionAccessPolicy,
    Admission,
    TokenRunnerAuthorizer,
    // In this order: bodies are read for callers who were let in.
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: BodyGuard },
  ],
  exports: [Admission, Authenticator, SessionAccessPolicy, ApiKeysModule, TokenRunnerAuthorizer],
})
export class AuthModule {}
