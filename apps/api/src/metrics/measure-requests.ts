import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { MetricsService } from './metrics.service.js';

/** Express middleware: the time of every request, under its route's pattern and never its path. */
export function measureRequests(metrics: MetricsService): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    response.once('close', () => {
      const matched: unknown = request.route;
      const pattern = typeof matched === 'object' && matched !== null && 'path' in matched ? matched.path : undefined;
      metrics.requestSeconds.observe(
        {
          method: request.method,
          route: typeof pattern === 'string' ? pattern : 'none',
          status: response.writableFinished ? String(response.statusCode) : 'aborted',
        },
        (performance.now() - startedAt) / 1_000,
      );
    });
    next();
  };
}
