import { stopAllChildren, whenAskedToEnd } from './child-processes.js';

/** Runs a benchmark on its bed, and closes that in any case. Ctrl-C leaves nothing behind, and ends with the code of its signal. */
export async function runOnBed<Bed extends { close(): Promise<void> }>(
  start: () => Promise<Bed>,
  run: (bed: Bed) => Promise<void>,
): Promise<void> {
  let exitCode: number | undefined;
  whenAskedToEnd((code) => {
    exitCode = code;
    // Whatever is awaited now fails for want of its process.
    void stopAllChildren();
  });
  try {
    const bed = await start();
    try {
      await run(bed);
    } finally {
      await bed.close();
    }
  } catch (error) {
    if (exitCode === undefined) throw error;
    process.exitCode = exitCode;
  }
}
