import 'reflect-metadata';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedPostgres } from '@helix/embedded-postgres';
import { pino } from 'pino';
import { createApi } from './start-api.js';
import { readApiConfig } from '../config/api-config.js';
import { OpenApiDocument } from '../openapi/openapi.module.js';

/** `npm run openapi`: writes docs/openapi.json from the controllers. */
const target = fileURLToPath(new URL('../../../../docs/openapi.json', import.meta.url));
const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-openapi-'));
// PostgreSQL runs as another user where this runs as root, and must be able to walk in.
await chmod(folder, 0o711);
const postgres = await EmbeddedPostgres.start({
  dataDir: path.join(folder, 'postgres'),
  durable: false,
  log: () => undefined,
});
try {
  const config = readApiConfig({ RUNNER_TOKEN: 'not-used-for-anything', LOG_LEVEL: 'silent' });
  const app = await createApi(config, postgres.url, pino({ level: 'silent' }));
  await writeFile(target, `${JSON.stringify(app.get(OpenApiDocument).get(), null, 2)}\n`);
  await app.close();
} finally {
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
}
