import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { KeyboardLayer, KeyboardReset, WolfKeyboardState, WolfU64 } from '@helix/wolf-client';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';

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

export function toStreamKeyboardDto(state: WolfKeyboardState): StreamKeyboardDto {
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

export function toKeyboardResetDto(sessionId: WolfU64, reset: KeyboardReset): KeyboardResetDto {
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
