import { getEventListeners } from 'node:events';
import { onAbort, withDeadline, withSignal } from './deadline.js';

const LATE = new Error('late');
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    onAbort(signal, (reason) => {
      reject(reason instanceof Error ? reason : new Error('not an error'));
    });
  });

describe('withDeadline', () => {
  it('rejects with the error of the timeout when the work takes too long', async () => {
    await expect(withDeadline(5, undefined, () => LATE, untilAborted)).rejects.toBe(LATE);
  });

  it('rejects with the reason of the parent, which keeps no listener', async () => {
    const parent = new AbortController();
    const work = withDeadline(10_000, parent.signal, () => LATE, untilAborted);
    const why = new Error('the caller left');
    parent.abort(why);
    await expect(work).rejects.toBe(why);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
    await expect(withDeadline(10_000, parent.signal, () => LATE, untilAborted)).rejects.toBe(why);
  });

  it('resolves as the work does', async () => {
    const { signal } = new AbortController();
    expect(
      await withDeadline(
        10_000,
        signal,
        () => LATE,
        () => Promise.resolve(7),
      ),
    ).toBe(7);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('withSignal', () => {
  it('settles as the work does, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await withSignal(signal, Promise.resolve('x'))).toBe('x');
    await expect(withSignal(signal, Promise.reject(LATE))).rejects.toBe(LATE);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('rejects when the signal aborts, before or while it waits', async () => {
    const controller = new AbortController();
    const never = new Promise<never>(() => undefined);
    const waiting = withSignal(controller.signal, never);
    controller.abort(LATE);
    await expect(waiting).rejects.toBe(LATE);
    await expect(withSignal(controller.signal, never)).rejects.toBe(LATE);
  });
});
