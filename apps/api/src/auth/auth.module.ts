import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import { ApiKeysController } from '../api-keys/api-keys.controller.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { PersonalApiKeysController } from '../api-keys/personal-api-keys.controller.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { BodyGuard } from '../input/body.guard.js';
import { LOGGER } from '../logging/logging.module.js';
import { AccessGuard } from './access.guard.js';
import { Admission } from './admission.js';
import { Authenticator, OIDC_USERS } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { KeyHolders } from './key-holders.js';
import { KeyNotices } from './key-notices.js';
import { OidcUsers } from './oidc/oidc-users.js';
import { TokenRunnerAuthorizer } from './runner-authorizer.js';
import { SessionAccessPolicy } from './session-access.js';
import { StrangerBudget } from './stranger-budget.js';
import { WhoAmIController } from './who-am-i.controller.js';

/** Who is calling, and what they may do: keys, tokens, the guard before every route and the one for links. */
@Global()
@Module({
  controllers: [ApiKeysController, PersonalApiKeysController, WhoAmIController],
  providers: [
    KeyCache,
    { provide: StrangerBudget, useFactory: () => new StrangerBudget() },
    KeyNotices,
    KeyHolders,
    {
      provide: OIDC_USERS,
      inject: [API_CONFIG, LOGGER],
      useFactory: ({ oidc, adminUserIds }: ApiConfig, logger: Logger) =>
        oidc === undefined ? undefined : new OidcUsers(oidc, (userId) => adminUserIds.includes(userId), logger),
    },
    Authenticator,
    SessionAccessPolicy,
    Admission,
    ApiKeysService,
    TokenRunnerAuthorizer,
    // In this order: bodies are read for callers who were let in.
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: BodyGuard },
  ],
  exports: [Admission, Authenticator, SessionAccessPolicy, ApiKeysService, TokenRunnerAuthorizer],
})
export class AuthModule {}
