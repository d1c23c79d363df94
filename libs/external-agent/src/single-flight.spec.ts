import { SingleFlight } from './single-flight.js';

interface Gate {
  readonly promise: Promise<string>;
  readonly open: (value: string) => void;
}

function gate(): Gate {
  let open: (value: string) => void = () => undefined;
  const promise = new Promise<string>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('SingleFlight', () => {
  it('shares one run among concurrent callers and starts another for the next', async () => {
    const flights = new SingleFlight<string, string>();
    const { promise, open } = gate();
    let works = 0;
    const work = (): Promise<string> => {
      works += 1;
      return promise;
    };
    const first = flights.run('a', undefined, work);
    const second = flights.run('a', new AbortController().signal, work);
    open('done');
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
    expect(works).toBe(1);
    expect(flights.size).toBe(0);
    await flights.run('a', undefined, work);
    expect(works).toBe(2);
  });

  it('keeps working for the others when one leaves', async () => {
    const flights = new SingleFlight<string, string>();
    const { promise, open } = gate();
    const leaver = new AbortController();
    let aborted = false;
    const work = (signal: AbortSignal): Promise<string> => {
      signal.addEventListener('abort', () => (aborted = true));
      return promise;
    };
    const left = flights.run('a', leaver.signal, work);
    const stayed = flights.run('a', undefined, work);
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(aborted).toBe(false);
    open('done');
    expect(await stayed).toBe('done');
  });

  it('aborts the work when the last one leaves', async () => {
    const flights = new SingleFlight<string, string>();
    const leaver = new AbortController();
    let aborted = false;
    const left = flights.run('a', leaver.signal, (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise<string>(() => undefined);
    });
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(aborted).toBe(true);
    expect(flights.size).toBe(0);
  });

  it('gives the failure to all who wait', async () => {
    const flights = new SingleFlight<string, string>();
    const work = (): Promise<string> => Promise.reject(new Error('no'));
    const both = await Promise.allSettled([flights.run('a', undefined, work), flights.run('a', undefined, work)]);
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect(flights.size).toBe(0);
  });
});
