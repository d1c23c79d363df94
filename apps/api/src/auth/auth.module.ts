import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysController } from '../api-keys/api-keys.controller.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { AccessGuard } from './access.guard.js';
import { Authenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { KeyNotices } from './key-notices.js';
import { TokenRunnerAuthorizer } from './runner-authorizer.js';

/** Who is calling, and what they may do: keys, tokens, the guard before every route and the one for links. */
@Global()
@Module({
  controllers: [ApiKeysController],
  providers: [
    KeyCache,
    KeyNotices,
    Authenticator,
    ApiKeysService,
    TokenRunnerAuthorizer,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator, ApiKeysService, TokenRunnerAuthorizer],
})
export class AuthModule {}
