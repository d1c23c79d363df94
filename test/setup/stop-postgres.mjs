/** Jest's globalTeardown: undoes what start-postgres.mjs did. When this fails, the watchdog still does. */
import { rm } from 'node:fs/promises';
import { runOnServer } from './run-on-server.mjs';

export default async function stopPostgres() {
  const started = globalThis.helixTestPostgres;
  if (started === undefined) {
    await runOnServer(
      process.env.TEST_POSTGRES_URL,
      `DROP DATABASE IF EXISTS ${process.env.TEST_POSTGRES_TEMPLATE} WITH (FORCE)`,
    );
    return;
  }
  const { folder, postgres, watchdog } = started;
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
  watchdog.kill('SIGKILL');
}
