import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { WolfWatches } from '../watch/wolf-watches.js';
import { WolfClientFactory, type WolfClientFactoryOptions } from '../wolf-client-factory.js';

export interface WolfClientModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<WolfClientFactoryOptions>['useFactory'];
}

/** Provides `WolfClientFactory` and `WolfWatches`, one watch of each Wolf, to the whole application. */
@Module({})
export class WolfClientModule {
  static forRootAsync({ imports = [], inject = [], useFactory }: WolfClientModuleAsyncOptions): DynamicModule {
    const factory: FactoryProvider<WolfClientFactory> = {
      provide: WolfClientFactory,
      inject,
      useFactory: async (...dependencies: unknown[]) => new WolfClientFactory(await useFactory(...dependencies)),
    };
    const watches: FactoryProvider<WolfWatches> = {
      provide: WolfWatches,
      inject: [WolfClientFactory],
      useFactory: (clients: WolfClientFactory) => new WolfWatches(clients),
    };
    return {
      module: WolfClientModule,
      global: true,
      imports,
      providers: [factory, watches],
      exports: [WolfClientFactory, WolfWatches],
    };
  }
}
