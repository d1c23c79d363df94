import { readFile } from 'node:fs/promises';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Access } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';

/** Token under which the version of this API is injected. */
export const PRODUCT_VERSION = Symbol('ProductVersion');

/** As the manifest of this package says, beside the sources and beside what is built of them. */
export async function readProductVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

export class FrontendConfigDto {
  @ApiProperty({ enum: ['single'], description: 'One stream for each desktop' }) moonlight_web_mode!: 'single';
  @ApiProperty({ description: 'What a stream asks for' }) streaming_bitrate_mbps!: number;
  @ApiProperty() version!: string;
  @ApiProperty({ description: 'The same as `version`: newer ones are not looked for' }) latest_version!: string;
}

/** What the frontend reads before login, and at each stream (helix-rest §4): no secrets, so public. */
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
