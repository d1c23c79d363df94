import { Controller, Delete, Get, Options, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExcludeController } from '@nestjs/swagger';
import { ByteBudget, MoonlightRest, type MoonlightRoute } from '@helix/external-agent';
import type { Request, Response } from 'express';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { OwnBody } from '../input/body.guard.js';
import { readBody } from '../input/read-body.js';
import { dropBody } from '../input/unread-body.js';
import { API_LIMITS } from '../limits.js';
import { MoonlightHost } from './moonlight-host.js';
import { sendMoonlightAnswer } from './send-moonlight-answer.js';

/**
 * The REST interface of a host's Moonlight Web, for admins: it has one secret, and its users may pair, wake and end
 * anything. Which calls there are is its own (`moonlightRouteOf`); all others are told that there is no such route.
 */
@ApiExcludeController()
@ApiBearerAuth()
@Controller('moonlight')
@OwnBody()
@Access('admin')
export class MoonlightRestController {
  constructor(
    private readonly moonlight: MoonlightRest,
    private readonly hosts: MoonlightHost,
    private readonly budget: ByteBudget,
  ) {}

  @Get('*path')
  async get(@CurrentUser() user: UserPrincipal, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.pass(user, request, response);
  }

  @Post('*path')
  async post(@CurrentUser() user: UserPrincipal, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.pass(user, request, response);
  }

  @Options('*path')
  async options(@CurrentUser() user: UserPrincipal, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.pass(user, request, response);
  }

  @Patch('*path')
  async patch(@CurrentUser() user: UserPrincipal, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.pass(user, request, response);
  }

  @Delete('*path')
  async delete(@CurrentUser() user: UserPrincipal, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.pass(user, request, response);
  }

  private async pass(user: UserPrincipal, request: Request, response: Response): Promise<void> {
    const signal = whenCallerLeaves(response);
    const { method, originalUrl } = request;
    // As it was sent: the router has decoded its own copy.
    const [path = '', ...rest] = originalUrl.split('?');
    if (!this.moonlight.mayMean(method, path)) throw noSuchRoute();
    const query = new URLSearchParams(rest.join('?'));
    const { wolfInstanceId, routingQuery } = await this.hosts.named(query, user);
    const route = this.moonlight.routeOf(wolfInstanceId, method, path);
    if (route === undefined) throw noSuchRoute();
    const share = this.budget.share();
    try {
      const body = await this.bodyFor(route, request, share);
      const call = {
        wolfInstanceId,
        route,
        query,
        accept: request.headers.accept,
        body,
        routingQuery,
        viewerId: user.userId,
      };
      await sendMoonlightAnswer(response, await this.moonlight.call(call, signal));
    } finally {
      share.release();
    }
  }

  private async bodyFor(
    route: MoonlightRoute,
    request: Request,
    share: ReturnType<ByteBudget['share']>,
  ): Promise<Buffer | undefined> {
    if (route.bodyType === undefined) {
      dropBody(request);
      return undefined;
    }
    return await readBody(request, { maxBytes: route.bodyMaxBytes, maxMs: API_LIMITS.bodyMaxMs, share });
  }
}

function noSuchRoute(): ApiError {
  return new ApiError('NOT_FOUND', 'no such route');
}
