import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ExternalAgentService, LogService } from '@helix/external-agent';
import { NO_PAGE_HEADERS, RevDialGateway } from '@helix/revdial';
import { attachRevDialGateway } from '@helix/revdial/nest';
import type { Logger } from 'pino';
import { limitAnswerTime } from '../answers/limit-answer-time.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import type { ApiConfig } from '../config/api-config.js';
import { Drain } from '../health/drain.js';
import { OwnKeysPipe } from '../input/own-keys.pipe.js';
import { StorableInputPipe } from '../input/storable-input.pipe.js';
import { dropUnreadBodies } from '../input/unread-body.js';
import { NestLogger } from '../logging/logging.module.js';
import { measureRequests, MetricsService } from '../metrics/metrics.service.js';
import { createOpenApiDocument, OpenApiDocument } from '../openapi/openapi.module.js';
import { SessionWsAdapter } from '../sockets/session-ws-adapter.js';
import { Upgrades } from '../sockets/upgrades.js';
import { API_LIMITS } from '../limits.js';
import { requestIdOf } from '../logging/request-id.js';
import { AppModule } from './app.module.js';
import { BoundedExpressAdapter } from './http-adapter.js';
import { assertAnswerable, refuseUnreadable } from './refuse-unreadable.js';

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

/**
 * Answers also below the path of `SERVER_URL`: some proxies strip it and some do not, and hosts may come past the proxy. To be
 * called when everything else listens to the server, since it has to be asked first: routes, sockets and tunnels know no path but
 * their own.
 */
function serveBelow(server: Server, basePath: string): void {
  if (basePath === '') return;
  const strip = (request: IncomingMessage): void => {
    const { url = '' } = request;
    const rest = url.slice(basePath.length);
    if (!url.startsWith(basePath) || !/^(?:[/?]|$)/.test(rest)) return;
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
  };
  server.prependListener('request', strip);
  server.prependListener('upgrade', strip);
}

/**
 * Express middleware: every answer names its request, is no page, and is not kept by anything on its way (PINs and keys stand in
 * some), unless its route says otherwise.
 */
function setAnswerHeaders(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Request-Id', requestIdOf(request));
  for (const [name, value] of Object.entries(NO_PAGE_HEADERS)) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  next();
}
