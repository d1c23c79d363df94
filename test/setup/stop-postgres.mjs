/** Jest's globalTeardown: undoes what start-postgres.mjs did. When this fails, the watchdog still does. */
import { rm } from 'node:fs/promises';

export default async function stopPostgres() {
  const started = globalThis.helixTestPostgres;
  if (started === undefined) {
    return;
  }
  const { folder, postgres, watchdog } = started;
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
  watchdog.kill('SIGKILL');
}
