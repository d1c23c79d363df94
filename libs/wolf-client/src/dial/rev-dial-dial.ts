import { runnerIdOf, type RunnerDialer } from '@helix/revdial';
import { WolfError } from '../wolf-error.js';
import type { WolfDial } from './wolf-dial.js';

/**
 * Dials a Wolf behind NAT through the link of its host, the runner `wolf-<instance>`. Rejects with the tunnel's RevDialError.
 * @throws WolfError WOLF_INVALID_REQUEST when the id cannot be that of an instance
 */
export function revDialDial(dialer: RunnerDialer, wolfInstanceId: string): WolfDial {
  const runnerId = runnerIdOfInstance(wolfInstanceId);
  return (signal) => dialer.dial(runnerId, { signal });
}

function runnerIdOfInstance(wolfInstanceId: string): ReturnType<typeof runnerIdOf> {
  try {
    return runnerIdOf('wolf', wolfInstanceId);
  } catch (cause) {
    throw new WolfError('WOLF_INVALID_REQUEST', 'not the id of a Wolf instance', { cause });
  }
}
