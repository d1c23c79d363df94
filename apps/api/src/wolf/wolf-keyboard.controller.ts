import { Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { isViewerOf, type SessionId } from '@helix/external-agent';
import {
  type KeyboardLayer,
  type KeyboardReset,
  parseWolfU64,
  WolfClientFactory,
  WolfError,
  type WolfKeyboardState,
  type WolfSession,
  type WolfU64,
} from '@helix/wolf-client';
import type { Response } from 'express';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { SessionHost, WolfHosts } from './wolf-hosts.js';
import { WolfReports } from './wolf-reports.js';

export class KeyboardQueryDto {
  @ApiPropertyOptional({ description: 'Id of the Wolf instance, for admins, or of a session' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  wolf_instance_id?: string;
}

export class ResetKeyboardQueryDto extends KeyboardQueryDto {
  @ApiProperty({ description: "Wolf's id of the stream, as the keyboard state tells it" })
  @IsString({ message: 'session_id is required' })
  @MaxLength(200)
  session_id!: string;
}

export class ModifierStateDto {
  @ApiProperty() shift!: boolean;
  @ApiProperty() ctrl!: boolean;
  @ApiProperty() alt!: boolean;
  @ApiProperty() meta!: boolean;
}

export class KeyboardLayerDto {
  @ApiProperty({ type: [Number] }) pressed_keys!: readonly number[];
  @ApiProperty({ type: [String] }) pressed_key_names!: readonly string[];
  @ApiProperty({ type: ModifierStateDto }) modifier_state!: ModifierStateDto;
}

/** One stream's keyboard in Helix's keys (helix-rest §4.2). A Wolf that knows no layers has all it knows in `wolf_state`. */
export class StreamKeyboardDto extends KeyboardLayerDto {
  @ApiProperty() session_id!: string;
  @ApiProperty() timestamp_ms!: number;
  @ApiProperty() device_name!: string;
  @ApiProperty() device_node!: string;
  @ApiProperty({ type: KeyboardLayerDto }) wolf_state!: KeyboardLayerDto;
  @ApiProperty({ type: KeyboardLayerDto }) inputtino_state!: KeyboardLayerDto;
  @ApiProperty({ type: KeyboardLayerDto }) evdev_state!: KeyboardLayerDto;
  @ApiProperty() has_mismatch!: boolean;
  @ApiProperty() mismatch_description!: string;
}

export class KeyboardStateDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty({ type: [StreamKeyboardDto] }) sessions!: readonly StreamKeyboardDto[];
}

/** Wolf's keys, and those that Helix's page looks for beside them. */
export class KeyboardResetDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty() session_id!: string;
  @ApiProperty({ type: [String] }) released_keys!: readonly string[];
  @ApiProperty({ type: [String] }) released_key_names!: readonly string[];
  @ApiProperty() message!: string;
}

const NOTHING: KeyboardLayer = {
  pressedKeys: [],
  pressedKeyNames: [],
  modifiers: { shift: false, ctrl: false, alt: false, meta: false },
};

function toStreamKeyboardDto(state: WolfKeyboardState): StreamKeyboardDto {
  return {
    session_id: state.sessionId,
    timestamp_ms: state.timestampMs,
    device_name: state.deviceName,
    device_node: state.deviceNode ?? '',
    wolf_state: toLayerDto(state.wolf ?? state),
    inputtino_state: toLayerDto(state.inputtino ?? NOTHING),
    evdev_state: toLayerDto(state.evdev ?? NOTHING),
    has_mismatch: state.hasMismatch ?? false,
    mismatch_description: state.mismatchDescription ?? '',
    pressed_keys: state.pressedKeys,
    pressed_key_names: state.pressedKeyNames,
    modifier_state: state.modifiers,
  };
}

function toKeyboardResetDto(sessionId: WolfU64, reset: KeyboardReset): KeyboardResetDto {
  return {
    success: true,
    session_id: sessionId,
    released_keys: reset.releasedKeyNames,
    released_key_names: reset.releasedKeyNames,
    message: reset.message,
  };
}

function toLayerDto(layer: KeyboardLayer): KeyboardLayerDto {
  return {
    pressed_keys: layer.pressedKeys,
    pressed_key_names: layer.pressedKeyNames,
    modifier_state: layer.modifiers,
  };
}

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

/** By every stream of that id: one certificate may be listed twice, and then belongs to no single stream. */
function isStreamOf(sessionId: SessionId, streamId: string, streams: readonly WolfSession[]): boolean {
  const listed = streams.filter((stream) => stream.id === streamId);
  return listed.length > 0 && listed.every((stream) => isViewerOf(sessionId, stream.clientUniqueId));
}
