import { once } from 'node:events';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ExternalAgentService, LogService } from '@helix/external-agent';
import { RevDialGateway } from '@helix/revdial';
import { attachRevDialGateway } from '@helix/revdial/nest';
import type { Logger } from 'pino';
import { setAnswerHeaders } from '../answers/answer-headers.js';
import { limitAnswerTime } from '../answers/limit-answer-time.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import type { ApiConfig } from '../config/api-config.js';
import { Drain } from '../health/drain.js';
import { OwnKeysPipe } from '../input/own-keys.pipe.js';
import { StorableInputPipe } from '../input/storable-input.pipe.js';
import { dropUnreadBodies } from '../input/unread-body.js';
import { NestLogger } from '../logging/nest-logger.js';
import { measureRequests } from '../metrics/measure-requests.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { createOpenApiDocument, OpenApiDocument } from '../openapi/openapi.module.js';
import { SessionWsAdapter } from '../sockets/session-ws-adapter.js';
import { Upgrades } from '../sockets/upgrades.js';
import { API_LIMITS } from '../limits.js';
import { AppModule } from './app.module.js';
import { BoundedExpressAdapter } from './http-adapter.js';
import { assertAnswerable, refuseUnreadable } from './refuse-unreadable.js';
import { serveBelow } from './serve-below.js';

export interface RunningApi {
  readonly url: string;
  readonly app: NestExpressApplication;
  /** Takes no new work, finishes what is under way within the configured grace, closes links and the database. */
  close(): Promise<void>;
}

/** Builds the application, prepared but not yet listening. */
export async function createApi(
  config: ApiConfig,
  databaseUrl: string,
  logger: Logger,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(config, databaseUrl, logger),
    new BoundedExpressAdapter(),
    {
      logger: new NestLogger(logger),
      // Bodies are read behind the guard, by `BodyGuard`.
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  const drain = app.get(Drain);
  app.use(setAnswerHeaders);
  app.use(dropUnreadBodies());
  app.use(limitAnswerTime());
  app.use(drain.middleware());
  app.use(measureRequests(app.get(MetricsService)));
  app.use(assertAnswerable);
  app.useGlobalPipes(
    new StorableInputPipe(),
    new OwnKeysPipe(),
    new ValidationPipe({ transform: true, whitelist: true }),
  );
  app.useWebSocketAdapter(new SessionWsAdapter(app));
  app.get(OpenApiDocument).set(createOpenApiDocument(app, config.basePath));
  return app;
}

/** Starts the API on a database that is there. */
export async function startApi(config: ApiConfig, databaseUrl: string, logger: Logger): Promise<RunningApi> {
  const app = await createApi(config, databaseUrl, logger);
  try {
    if (config.adminApiKey !== undefined) {
      await app.get(ApiKeysService).ensureAdminKey(config.adminApiKey, config.adminUserId);
    }
    await app.init();
    const server = app.getHttpServer();
    server.maxConnections = config.maxConnections;
    refuseUnreadable(server, logger);
    attachRevDialGateway(server, app.get(RevDialGateway));
    app.get(Upgrades).attach(server);
    serveBelow(server, config.basePath);
    server.listen({ port: config.port, host: config.host, backlog: API_LIMITS.listenBacklogCount });
    await once(server, 'listening');
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
    app,
    close: () => (closing ??= closeApi(app, config.shutdownGraceMs)),
  };
}

/**
 * Order matters. Requests under way need the links, and may need the runner to dial back once more, so the server listens
 * until they are done; the links end before the server is closed, for it would wait for their sockets forever.
 */
async function closeApi(app: NestExpressApplication, graceMs: number): Promise<void> {
  const server = app.getHttpServer();
  const drained = app.get(Drain).drain(graceMs);
  // Logs that are followed have no end of their own to wait for.
  app.get(LogService).close();
  // A command may wait for a slow host for longer than the grace: it answers that its session is on its way.
  app.get(ExternalAgentService).close();
  await drained;
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, 500);
  cut.unref();
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
