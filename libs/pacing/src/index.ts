/**
 * When to wait, for how long, in what order, and when to try again. A control plane waits in many places: dials for a runner,
 * requests for a free stream, placements for the lock, sweeps for their next turn. Each needs a bound, a timeout, an abort signal
 * and an end, and each bound that is written by hand is one that can be forgotten. Here each of these ideas stands once:
 *
 * - `WaitingLine`: first come, first served, with a limit, a timeout and a signal for each caller.
 * - `PeriodicTask` and `TroubleLog`: work that is done over and over, and one log line for each trouble.
 * - `withDeadline`, `withSignal`, `onAbort`: a timeout joined with a signal, and nothing left behind.
 * - `jitteredBackoffMs`, `jittered`: delays that do not bring all clients back at one moment.
 * - `refuseContradictions`: limits that depend on each other, checked as a whole.
 * - `Clock`: the time that all of these go by, which a test may replace.
 */
export { fullJitterMs, jittered, jitteredBackoffMs, type BackoffOptions } from './backoff.js';
export { systemClock, type Clock } from './clock.js';
export { onAbort, withDeadline, withSignal } from './deadline.js';
export { refuseContradictions, type LimitRule } from './limit-rules.js';
export { PeriodicTask, TroubleLog, type PeriodicTaskOptions, type TroubleLogger } from './periodic-task.js';
export { WaitingLine, type Place, type WaitingLineOptions, type WaitOptions } from './waiting-line.js';
