import { WolfFloat, type Printable } from './json.js';
import { float, integer, listOf, optional, struct, text, type WolfShape } from './wolf-shape.js';

/** Input and user settings of a client (wolf-api §3.5). */
export interface ClientSettings {
  readonly run_uid: number;
  readonly run_gid: number;
  readonly controllers_override: readonly string[];
  readonly mouse_acceleration: number;
  readonly v_scroll_acceleration: number;
  readonly h_scroll_acceleration: number;
}

export const DEFAULT_CLIENT_SETTINGS: ClientSettings = {
  run_uid: 1000,
  run_gid: 1000,
  controllers_override: [],
  mouse_acceleration: 1,
  v_scroll_acceleration: 1,
  h_scroll_acceleration: 1,
};

const members = {
  run_uid: integer,
  run_gid: integer,
  controllers_override: listOf(text),
  mouse_acceleration: float,
  v_scroll_acceleration: float,
  h_scroll_acceleration: float,
};

/** Every member required, as `sessions/add` wants it. */
export const wholeClientSettings: WolfShape<ClientSettings> = struct(members);

export type PartialClientSettings = { readonly [K in keyof ClientSettings]: ClientSettings[K] | undefined };

export const partialClientSettings: WolfShape<PartialClientSettings> = struct({
  run_uid: optional(members.run_uid),
  run_gid: optional(members.run_gid),
  controllers_override: optional(members.controllers_override),
  mouse_acceleration: optional(members.mouse_acceleration),
  v_scroll_acceleration: optional(members.v_scroll_acceleration),
  h_scroll_acceleration: optional(members.h_scroll_acceleration),
});

/** Accelerations are 32-bit floats inside, which shows when they are printed. */
export function printClientSettings(settings: ClientSettings): Printable {
  return {
    run_uid: settings.run_uid,
    run_gid: settings.run_gid,
    controllers_override: settings.controllers_override,
    mouse_acceleration: new WolfFloat(Math.fround(settings.mouse_acceleration)),
    v_scroll_acceleration: new WolfFloat(Math.fround(settings.v_scroll_acceleration)),
    h_scroll_acceleration: new WolfFloat(Math.fround(settings.h_scroll_acceleration)),
  };
}
