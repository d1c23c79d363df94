import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A fault of this process that cost one stream, link or listener, where it was met. */
export interface Defect {
  /** What threw, such as "a listener of a stream". */
  readonly where: string;
  readonly error: unknown;
}

const NAME = 'helix:revdial:defect';
const DEFECTS = channel(NAME);

/** Tells those who listen, if any. What a listener throws becomes uncaught, as Node has it for such channels. */
export function reportDefect(where: string, error: unknown): void {
  DEFECTS.publish({ where, error } satisfies Defect);
}

/** Calls a function that is not ours. What it throws ends here, reported: the work around it goes on for the others. */
export function callGuarded(where: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    reportDefect(where, error);
  }
}

/** For the log of a process. What is returned ends it. */
export function onDefect(listener: (defect: Defect) => void): () => void {
  const onMessage = (message: unknown): void => {
    listener(message as Defect);
  };
  subscribe(NAME, onMessage);
  return () => {
    unsubscribe(NAME, onMessage);
  };
}
