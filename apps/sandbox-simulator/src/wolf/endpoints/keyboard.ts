import { reads, takes, type WolfEndpoint } from '../endpoint.js';
import type { Printable } from '../json-writer.js';
import type { WolfCore } from '../wolf-core.js';
import { isAtLeast } from '../wolf-era.js';
import { failure, success } from '../wolf-reply.js';
import { sessionIdRequest } from '../required-fields.js';
import { stoull } from '../wolf-u64.js';

const NO_MODIFIERS = { shift: false, ctrl: false, alt: false, meta: false };
const NO_KEYS = { pressed_keys: [], pressed_key_names: [], modifier_state: NO_MODIFIERS };

/** Keys held down in each session (wolf-api §3.8); nobody types here, so none ever is. */
export const KEYBOARD_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/keyboard/state', 'nov25', (core) =>
    success({ sessions: core.sessions.list().map(({ clientId }) => keyboardState(core, clientId)) }),
  ),
  takes({
    path: '/keyboard/reset',
    since: 'nov25',
    typeName: 'wolf::api::KeyboardResetRequest',
    shape: () => sessionIdRequest,
    refuse: (fault) => failure(`Invalid JSON: ${fault}`, 400),
    answer: (_core, request) =>
      stoull(request.session_id) === undefined
        ? failure('Invalid session_id format', 400)
        : success({ released_keys: [], message: 'Released 0 keys' }),
  }),
];

function keyboardState(core: WolfCore, sessionId: string): Printable {
  const layered = isAtLeast(core.era, 'dec25');
  return {
    session_id: sessionId,
    timestamp_ms: core.now(),
    ...NO_KEYS,
    device_name: 'Wolf (virtual) keyboard',
    ...(layered && {
      device_node: '/dev/input/event0',
      wolf_state: NO_KEYS,
      inputtino_state: NO_KEYS,
      evdev_state: NO_KEYS,
      has_mismatch: false,
      mismatch_description: '',
    }),
  };
}
