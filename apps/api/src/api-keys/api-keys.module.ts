import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { KeyCache } from './key-cache.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { KeyHolders } from './key-holders.js';
import { PersonalApiKeysController } from './personal-api-keys.controller.js';

/** A key that was changed or revoked on any replica is forgotten on this one as soon as it is announced. */
@Injectable()
class KeyNotices implements OnModuleInit {
  constructor(
    private readonly notices: ChangeNotices,
    private readonly cache: KeyCache,
  ) {}

  onModuleInit(): void {
    this.notices.subscribe('api_keys', (hash) => {
      if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash)) this.cache.forget(Buffer.from(hash, 'hex'));
      else this.cache.doubtAll();
    });
  }
}

/** API keys: their holders, and the routes that make and revoke them. */
@Module({
  controllers: [ApiKeysController, PersonalApiKeysController],
  providers: [KeyCache, KeyNotices, KeyHolders, ApiKeysService],
  exports: [KeyHolders, ApiKeysService],
})
export class ApiKeysModule {}
