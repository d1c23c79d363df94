import 'reflect-metadata';
import { once } from 'node:events';
import path from 'node:path';
import { EmbeddedPostgres } from '@helix/embedded-postgres';
import { guardOutput, openProgramLog, ProgramEnd } from '@helix/program';
import { onDefect, startWireTrace } from '@helix/revdial';
import { startApi, type RunningApi } from './bootstrap/start-api.js';
import { ConfigError, readApiConfig, type ApiConfig } from './config/api-config.js';

/** How long the end may take beyond the grace of requests under way. */
const END_LIMIT_MS = 10_000;

/**
 * The built API: configuration from the environment only. Prints one JSON line `{"msg":"ready","url":"…"}` when it serves.
 * Exit codes: 0 asked to stop, 1 misconfigured or could not start, 70 a defect, 128 and the signal's number when a second one
 * cut the end short.
 */
async function main(): Promise<void> {
  let config: ApiConfig;
  try {
    config = readApiConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    guardOutput();
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const log = openProgramLog({ app: 'api', level: config.logLevel });
  const { logger } = log;
  let postgres: Promise<EmbeddedPostgres> | undefined;
  const closePostgres = async (): Promise<void> => {
    // One that did not start has nothing to close; why it did not is told where it is waited for.
    const started = await postgres?.catch(() => undefined);
    await started?.close();
  };
  const end = new ProgramEnd({ log, limitMs: config.shutdownGraceMs + END_LIMIT_MS, atOnce: closePostgres });
  onDefect(({ where, error }) => {
    logger.error({ where, error }, 'a defect cost one stream, link or listener; everything else goes on');
  });
  if (config.trace.length > 0)
    startWireTrace(config.trace, (fields, message) => {
      logger.debug(fields, message);
    });

  let api: RunningApi | undefined;
  let exitCode = 0;
  try {
    if (config.databaseUrl === undefined) {
      postgres = EmbeddedPostgres.start({
        dataDir: path.join(config.dataDir, 'postgres'),
        dataDirIsDefault: config.dataDirIsDefault,
        signal: end.asked,
        log: (line, level) => {
          logger[level]({ line }, 'postgres');
        },
      });
    }
    const databaseUrl = config.databaseUrl ?? (await postgres)?.url ?? '';
    const stopped = end.asked.aborted ? Promise.resolve() : once(end.asked, 'abort').then(() => undefined);
    const starting = startApi(config, databaseUrl, logger);
    // Waiting for a database takes most of a minute, and an end that is asked for meanwhile does not wait for that. A
    // migration under way is a transaction and ends with its connection.
    api = await Promise.race([starting, stopped.then(() => undefined)]);
    if (api !== undefined) {
      logger.info({ url: api.url }, 'ready');
      await stopped;
    }
  } catch (error) {
    if (!end.asked.aborted) {
      logger.fatal({ error }, 'the API could not start');
      exitCode = 1;
    }
  }
  try {
    await api?.close();
    await closePostgres();
  } catch (error) {
    logger.error({ error }, 'shutdown failed');
    exitCode = 1;
  }
  if (exitCode === 0) logger.info({}, 'closed');
  // What is still open by now, such as a socket whose peer does not answer, must not keep the process.
  await end.exit(exitCode);
}

await main();
