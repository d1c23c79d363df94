import { printApp } from '../app-catalog.js';
import { type WolfEndpoint, reads, takes } from '../endpoint.js';
import type { Printable } from '../json.js';
import { keyName } from '../pressed-keys.js';
import { sessionIdRequest } from '../required-fields.js';
import type { WolfCore } from '../wolf-core.js';
import { isAtLeast } from '../wolf-era.js';
import { failure, success } from '../wolf-reply.js';
import { struct, text } from '../wolf-shape.js';
import { stoull } from '../wolf-u64.js';

/** Apps, pairing and keyboards (wolf-api §3.1, §3.6, §3.8). */
export const CLIENT_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/apps', 'u24', (core) => success({ apps: core.apps.map((app) => printApp(app, core.era)) })),
  reads('/pair/pending', 'u24', (core) => success({ requests: core.pairing.print(core.era) })),
  takes({
    path: '/pair/client',
    since: 'u24',
    shape: () => struct({ pair_secret: text, pin: text }),
    answer: (core, request) =>
      core.pairing.answer(request.pair_secret, request.pin) ? success() : failure('Invalid pair secret'),
  }),
  reads('/keyboard/state', 'nov25', (core) =>
    success({ sessions: core.sessions.list().map(({ clientId }) => keyboardState(core, clientId)) }),
  ),
  takes({
    path: '/keyboard/reset',
    since: 'nov25',
    shape: () => sessionIdRequest,
    refuse: (fault) => failure(`Invalid JSON: ${fault}`, 400),
    answer: (core, request) => {
      const sessionId = stoull(request.session_id);
      if (sessionId === undefined) return failure('Invalid session_id format', 400);
      core.toU64(request.session_id);
      const released = core.sessions.find(sessionId) === undefined ? [] : core.keys.release(sessionId);
      return success({ released_keys: released, message: `Released ${String(released.length)} stuck modifiers` });
    },
  }),
];

function keyboardState(core: WolfCore, sessionId: string): Printable {
  const keys = layerOf(core.keys.of(sessionId));
  const nothing = layerOf([]);
  const layered = isAtLeast(core.era, 'dec25');
  return {
    session_id: sessionId,
    timestamp_ms: core.now(),
    ...keys,
    device_name: 'Wolf (virtual) keyboard',
    ...(layered && {
      device_node: '/dev/input/event0',
      wolf_state: keys,
      // The two layers below are never filled, so any key that is down is a mismatch.
      inputtino_state: nothing,
      evdev_state: nothing,
      has_mismatch: core.keys.of(sessionId).length > 0,
      mismatch_description: core.keys.of(sessionId).length > 0 ? 'Wolf and inputtino differ' : '',
    }),
  };
}

function layerOf(keys: readonly number[]): Readonly<Record<string, Printable>> {
  return {
    pressed_keys: keys,
    pressed_key_names: keys.map(keyName),
    modifier_state: {
      shift: keys.includes(0x10),
      ctrl: keys.includes(0x11),
      alt: keys.includes(0x12),
      meta: keys.includes(0x5b),
    },
  };
}
