import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { isSessionId } from '@helix/external-agent';
import type { Request, Response } from 'express';
import { Access } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { CONSOLE_ASSETS, type ConsoleAsset, type ConsoleAssets } from './console-assets.js';
import { contentSecurityPolicy } from './content-security-policy.js';

/** The viewer page for browsers. It is public, since it holds nothing: its requests are made as the viewer. */
@ApiExcludeController()
@Controller('console')
@Access('public')
export class ConsoleController {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(CONSOLE_ASSETS) private readonly assets: ConsoleAssets,
  ) {}

  /** Whether there is such a session is told to those only whom the page finds signed in. */
  @Get('sessions/:id')
  page(@Param('id') id: string, @Req() request: Request, @Res() response: Response): void {
    if (!isSessionId(id)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    if (request.path.endsWith('/')) {
      // What the page names from where it is would be looked for one place too deep.
      response.redirect(308, `../${id}`);
      return;
    }
    response.set({
      'Content-Security-Policy': contentSecurityPolicy(request.headers.host, this.config.serverUrl),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    });
    send(this.assets.page, request, response);
  }

  @Get('assets/:file')
  file(@Param('file') name: string, @Req() request: Request, @Res() response: Response): void {
    const asset = this.assets.files.get(name);
    if (asset === undefined) throw new ApiError('NOT_FOUND', 'no such file of the console');
    send(asset, request, response);
  }
}

/** Kept by the browser, and asked about each time, so that all files are of one build. */
function send({ body, contentType, etag }: ConsoleAsset, request: Request, response: Response): void {
  response.set({
    ETag: etag,
    'Cache-Control': 'no-cache',
    'Referrer-Policy': 'no-referrer',
  });
  if (request.headers['if-none-match']?.includes(etag) === true) {
    response.status(304).end();
    return;
  }
  response.set({ 'Content-Type': contentType, 'Content-Length': String(body.length) });
  response.end(request.method === 'HEAD' ? undefined : body);
}
