import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { WolfClientFactory, type WolfClientFactoryOptions } from '../wolf-client-factory.js';

export interface WolfClientModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<WolfClientFactoryOptions>['useFactory'];
}

/** Provides `WolfClientFactory` to the whole application. */
@Module({})
export class WolfClientModule {
  static forRootAsync({ imports = [], inject = [], useFactory }: WolfClientModuleAsyncOptions): DynamicModule {
    const factory: FactoryProvider<WolfClientFactory> = {
      provide: WolfClientFactory,
      inject,
      useFactory: async (...dependencies: unknown[]) => new WolfClientFactory(await useFactory(...dependencies)),
    };
    return { module: WolfClientModule, global: true, imports, providers: [factory], exports: [WolfClientFactory] };
  }
}
