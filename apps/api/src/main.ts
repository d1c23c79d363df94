import 'reflect-metadata';
import path from 'node:path';
import { onDefect } from '@helix/revdial';
import { startApi, type RunningApi } from './bootstrap/start-api.js';
import { ConfigError, readApiConfig, type ApiConfig } from './config/api-config.js';
import { EmbeddedPostgres } from './database/embedded-postgres/embedded-postgres.js';
import { createLogger } from './logging/logger.js';

/** The status for "internal software error" of BSD's sysexits, as the agent has it. */
const DEFECT = 70;

/** How long the end after a defect may take beyond the grace of requests under way. */
const END_LIMIT_MS = 10_000;

/**
 * The built API: configuration from the environment only. Prints one JSON line `{"msg":"ready","url":"…"}` when it serves.
 * Exit codes: 0 asked to stop, 1 misconfigured or could not start, 70 a defect.
 */
async function main(): Promise<void> {
  let config: ApiConfig;
  try {
    config = readApiConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const logger = createLogger(config.logLevel);
  const asked = new AbortController();
  onDefect(({ where, error }) => {
    logger.error({ where, error }, 'a defect cost one stream, link or listener; everything else goes on');
  });
  // The last resort: what comes here has left something half done that cannot be named, so the process ends, in order.
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ error, origin }, 'a defect that nothing has caught; the API ends');
    process.exitCode = DEFECT;
    asked.abort();
    setTimeout(() => process.exit(), config.shutdownGraceMs + END_LIMIT_MS).unref();
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'closing');
      asked.abort();
    });
  }

  let postgres: EmbeddedPostgres | undefined;
  let api: RunningApi | undefined;
  try {
    if (config.databaseUrl === undefined) {
      postgres = await EmbeddedPostgres.start({
        dataDir: path.join(config.dataDir, 'postgres'),
        dataDirIsDefault: config.dataDirIsDefault,
        signal: asked.signal,
        log: (line, level) => {
          logger[level]({ line }, 'postgres');
        },
      });
    }
    const stopped = whenAborted(asked.signal);
    const starting = startApi(config, config.databaseUrl ?? postgres?.url ?? '', logger);
    // Waiting for a database takes most of a minute; whoever asks for the end meanwhile does not wait for that. A
    // migration under way is a transaction and ends with its connection.
    api = await Promise.race([starting, stopped.then(() => undefined)]);
    if (api !== undefined) {
      logger.info({ url: api.url }, 'ready');
      await stopped;
    }
  } catch (error) {
    if (!asked.signal.aborted) {
      logger.fatal({ error }, 'the API could not start');
      process.exitCode = 1;
    }
  } finally {
    await api?.close();
    await postgres?.close();
  }
  if (process.exitCode === undefined) logger.info({}, 'closed');
  // What is still open by now, such as a socket whose peer does not answer, must not keep the process.
  process.exit();
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

await main();
