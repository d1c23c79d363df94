import { Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isViewerOf, type SessionId } from '@helix/external-agent';
import { parseWolfU64, WolfClientFactory, WolfError, type WolfSession } from '@helix/wolf-client';
import type { Response } from 'express';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { SessionHost } from './session-host.js';
import { WolfHosts } from './wolf-hosts.js';
import {
  KeyboardQueryDto,
  KeyboardResetDto,
  KeyboardStateDto,
  ResetKeyboardQueryDto,
  toKeyboardResetDto,
  toStreamKeyboardDto,
} from './wolf-keyboard.dto.js';
import { WolfReports } from './wolf-reports.js';

interface KeyboardScope {
  readonly wolfInstanceId: string;
  /** Only the streams of this session; absent for the whole host. */
  readonly sessionId?: SessionId;
}

/** Keys that hang. `wolf_instance_id` may be a session, whose owner then sees and frees the keys of its own streams. */
@ApiTags('wolf')
@ApiBearerAuth()
@Controller('api/v1/wolf/keyboard-state')
@Access('user')
export class WolfKeyboardController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly sessionHost: SessionHost,
    private readonly reports: WolfReports,
    private readonly clients: WolfClientFactory,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Which keys are down, in the streams of a session or, for admins, of a host' })
  @ApiOkResponse({ type: KeyboardStateDto })
  async state(
    @CurrentUser() user: UserPrincipal,
    @Query() query: KeyboardQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<KeyboardStateDto> {
    const signal = whenCallerLeaves(response);
    const { wolfInstanceId, sessionId } = await this.scope(query.wolf_instance_id, user);
    const [keyboards, streams] = await Promise.all([
      this.reports.keyboards.get(wolfInstanceId, signal),
      sessionId === undefined ? undefined : this.reports.sessions.get(wolfInstanceId, signal),
    ]);
    const shown = keyboards.filter(
      (keyboard) => sessionId === undefined || isStreamOf(sessionId, keyboard.sessionId, streams ?? []),
    );
    return { success: true, sessions: shown.map(toStreamKeyboardDto) };
  }

  @Post('reset')
  @HttpCode(200)
  @ApiOperation({ summary: 'Release every key of a stream' })
  @ApiOkResponse({ type: KeyboardResetDto })
  async reset(@CurrentUser() user: UserPrincipal, @Query() query: ResetKeyboardQueryDto): Promise<KeyboardResetDto> {
    const streamId = parseWolfU64(query.session_id);
    if (streamId === undefined) throw new ApiError('INVALID_REQUEST', "session_id must be Wolf's id of a stream");
    const { wolfInstanceId, sessionId } = await this.scope(query.wolf_instance_id, user);
    const client = this.clients.for(wolfInstanceId);
    // Asked afresh: an older list may still give the stream to someone else.
    if (sessionId !== undefined && !isStreamOf(sessionId, streamId, await client.listSessions())) {
      throw new WolfError('WOLF_UNKNOWN_SESSION', 'the session has no such stream');
    }
    const reset = await client.resetKeyboard(streamId);
    this.reports.keyboards.forget(wolfInstanceId);
    return toKeyboardResetDto(streamId, reset);
  }

  private async scope(named: string | undefined, user: UserPrincipal): Promise<KeyboardScope> {
    if (named?.startsWith('ses_') === true) return await this.sessionHost.of(named, user);
    if (!user.isAdmin && named !== undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (!user.isAdmin) throw new ApiError('INVALID_REQUEST', 'wolf_instance_id is required: the id of a session');
    return { wolfInstanceId: await this.hosts.named(named) };
  }
}

/** By every stream of that id: one certificate may be listed twice, and then belongs to nobody alone. */
function isStreamOf(sessionId: SessionId, streamId: string, streams: readonly WolfSession[]): boolean {
  const listed = streams.filter((stream) => stream.id === streamId);
  return listed.length > 0 && listed.every((stream) => isViewerOf(sessionId, stream.clientUniqueId));
}
