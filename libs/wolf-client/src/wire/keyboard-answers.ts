import { z } from 'zod';
import type { KeyboardLayer, KeyboardReset, WolfKeyboardState } from '../model/keyboard.js';
import { listOf, u64 } from './scalars.js';

const modifiers = z.object({
  shift: z.boolean().default(false),
  ctrl: z.boolean().default(false),
  alt: z.boolean().default(false),
  meta: z.boolean().default(false),
});

const layer = z.object({
  pressed_keys: listOf(z.number()).default([]),
  pressed_key_names: listOf(z.string()).default([]),
  modifier_state: modifiers.default({ shift: false, ctrl: false, alt: false, meta: false }),
});

/** Both shapes: the flat one of November 2025, and the one with a layer for each part of the host (wolf-api §3.8). */
const session = layer
  .extend({
    session_id: u64,
    timestamp_ms: z.number().default(0),
    device_name: z.string().default(''),
    device_node: z.string().nullish(),
    wolf_state: layer.nullish(),
    inputtino_state: layer.nullish(),
    evdev_state: layer.nullish(),
    has_mismatch: z.boolean().nullish(),
    mismatch_description: z.string().nullish(),
  })
  .transform((wire): WolfKeyboardState => ({
    sessionId: wire.session_id,
    timestampMs: wire.timestamp_ms,
    ...toLayer(wire),
    deviceName: wire.device_name,
    ...(wire.device_node != null && { deviceNode: wire.device_node }),
    ...(wire.wolf_state != null && { wolf: toLayer(wire.wolf_state) }),
    ...(wire.inputtino_state != null && { inputtino: toLayer(wire.inputtino_state) }),
    ...(wire.evdev_state != null && { evdev: toLayer(wire.evdev_state) }),
    ...(wire.has_mismatch != null && { hasMismatch: wire.has_mismatch }),
    ...(wire.mismatch_description != null && { mismatchDescription: wire.mismatch_description }),
  }));

function toLayer(wire: z.infer<typeof layer>): KeyboardLayer {
  return {
    pressedKeys: wire.pressed_keys,
    pressedKeyNames: wire.pressed_key_names,
    modifiers: wire.modifier_state,
  };
}

/** `GET /keyboard/state`. */
export const keyboardAnswer = z.object({ sessions: listOf(session) }).transform((wire) => wire.sessions);

/** `POST /keyboard/reset`. */
export const keyboardResetAnswer = z
  .object({ released_keys: listOf(z.string()).default([]), message: z.string().default('') })
  .transform((wire): KeyboardReset => ({ releasedKeyNames: wire.released_keys, message: wire.message }));
