import { ConnectError, isConnectError } from './connect-error.js';
import { openMultiplexedCarrier } from './open-multiplexed-carrier.js';
import type { CarrierRequest } from './open-multiplexed-carrier.js';

/**
 * Asks whether the API knows generation 3 over this carrier, and resolves when it does. Asks without a runner id, which every
 * API refuses, so that nothing is opened and no link that stands is disturbed: an older API would take the request of a
 * WebSocket for one of generation 2.
 * @throws ConnectError NOT_A_LINK with the status of the answer when it does not; every other code when that stays open; the
 * signal's reason
 */
export async function askForGeneration3(
  request: Omit<CarrierRequest, 'runnerIds' | 'headers'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { carrier } = await openMultiplexedCarrier({ ...request, runnerIds: 'none' }, signal);
    carrier.destroy('done');
  } catch (error) {
    if (!isConnectError(error)) throw error;
    // Our API says so in every refusal.
    if (error.headers.get('revdial-version') === '3') return;
    const isAboutIds = error.code === 'REFUSED' && error.status === 400;
    if (!isAboutIds) throw error;
    throw new ConnectError('NOT_A_LINK', 'the API is of an older generation', { status: 400, cause: error });
  }
  throw new ConnectError('NOT_A_LINK', 'answered 101 to a request without a runner id', { status: 101 });
}
