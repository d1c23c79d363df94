import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { KeyCache } from './key-cache.js';

/** A key that was changed or revoked on any replica is forgotten on this one as soon as it is announced. */
@Injectable()
export class KeyNotices implements OnModuleInit {
  constructor(
    @Inject(ChangeNotices) private readonly notices: ChangeNotices,
    @Inject(KeyCache) private readonly cache: KeyCache,
  ) {}

  onModuleInit(): void {
    this.notices.subscribe('api_keys', (hash) => {
      if (hash !== undefined && /^[0-9a-f]{64}$/.test(hash)) this.cache.forget(Buffer.from(hash, 'hex'));
      else this.cache.doubtAll();
    });
  }
}
