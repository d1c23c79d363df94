import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Access } from '../auth/access.decorator.js';
import type { ApiConfig } from './api-config.js';
import { API_CONFIG } from './config.module.js';
import { PRODUCT_VERSION } from './product-version.js';

export class FrontendConfigDto {
  @ApiProperty({ enum: ['single'], description: 'One stream for each desktop' }) moonlight_web_mode!: 'single';
  @ApiProperty({ description: 'What a stream asks for' }) streaming_bitrate_mbps!: number;
  @ApiProperty() version!: string;
  @ApiProperty({ description: 'The same as `version`: nobody is asked for newer ones' }) latest_version!: string;
}

/** What the frontend reads before anybody is logged in, and at each stream (helix-rest §4): no secrets, so for everybody. */
@ApiTags('auth')
@Controller('api/v1/config')
export class FrontendConfigController {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(PRODUCT_VERSION) private readonly version: string,
  ) {}

  @Get()
  @Access('public')
  @ApiOperation({ summary: 'Settings for the frontend' })
  @ApiOkResponse({ type: FrontendConfigDto })
  get(): FrontendConfigDto {
    return {
      moonlight_web_mode: 'single',
      streaming_bitrate_mbps: this.config.streamingBitrateMbps,
      version: this.version,
      latest_version: this.version,
    };
  }
}
