import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ApiConfig } from './api-config.js';

/** Token under which the parsed configuration is injected. */
export const API_CONFIG = Symbol('ApiConfig');

/**
 * Gives the application the configuration that was read and checked at start. Variables are read there and nowhere else,
 * so the files and the environment are off here.
 */
@Module({})
export class ApiConfigModule {
  static with(config: ApiConfig): DynamicModule {
    return {
      module: ApiConfigModule,
      global: true,
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true, ignoreEnvVars: true, load: [() => ({ api: config })] })],
      providers: [
        {
          provide: API_CONFIG,
          inject: [ConfigService],
          useFactory: (service: ConfigService) => service.getOrThrow<ApiConfig>('api'),
        },
      ],
      exports: [API_CONFIG],
    };
  }
}
