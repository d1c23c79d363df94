import { randomBytes } from 'node:crypto';
import { formatResumption } from '../../resumable/resumption.js';
import { ConnectError, isConnectError } from '../connect/connect-error.js';
import { openMultiplexedCarrier } from './open-multiplexed-carrier.js';
import type { CarrierRequest } from './open-multiplexed-carrier.js';

type Question = Omit<CarrierRequest, 'headers'>;

/** The status for a link that cannot be resumed, here because it never was. */
const GONE = 410;

/**
 * Asks whether the API knows generation 3 over this carrier, and resolves when it does. Asks without a runner id, which every
 * API refuses, so that nothing is opened and no link that stands is disturbed: an older API would take the request of a
 * WebSocket for one of generation 2.
 * @throws ConnectError NOT_A_LINK with the status of the answer when it does not; every other code when that stays open; the
 * signal's reason
 */
export async function askForGeneration3(request: Omit<Question, 'runnerIds'>, signal: AbortSignal): Promise<void> {
  try {
    const { carrier } = await openMultiplexedCarrier({ ...request, runnerIds: 'none' }, signal);
    carrier.destroy('done');
  } catch (error) {
    if (!isConnectError(error)) throw error;
    // Our API says so in every refusal.
    if (error.headers.get('revdial-version') === '3') return;
    const isAboutIds = error.code === 'REFUSED' && error.status === 400;
    if (!isAboutIds) throw error;
    throw new ConnectError('NOT_A_LINK', 'answered in the words of an older generation', { status: 400, cause: error });
  }
  throw new ConnectError('NOT_A_LINK', 'answered 101 to a request without a runner id', { status: 101 });
}

/**
 * Asks to resume a link that never was: resolves when the API says so, which it does only where the whole request has reached it
 * (`Upgrade` too, which some proxies take away) and it would let this token open these runners. Nothing is opened, and no agent
 * of the same runners is disturbed.
 * @throws ConnectError as `openMultiplexedCarrier`; NOT_A_LINK also for what cannot be an answer to it; the signal's reason
 */
export async function askToResumeNothing(request: Question, signal: AbortSignal): Promise<void> {
  const grant = { linkId: `never${randomBytes(8).toString('hex')}`, secret: randomBytes(32) };
  try {
    const { carrier } = await openMultiplexedCarrier({ ...request, headers: formatResumption(grant, 1, 0) }, signal);
    carrier.destroy('done');
  } catch (error) {
    if (isConnectError(error) && error.status === GONE) return;
    throw error;
  }
  throw new ConnectError('NOT_A_LINK', 'answered 101 to the resumption of a link that never was', { status: 101 });
}
