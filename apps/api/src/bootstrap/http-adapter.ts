import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { API_LIMITS } from '../limits.js';

/** Express on a server with our own bounds for what has not become a request yet. */
export class BoundedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(
      {
        headersTimeout: API_LIMITS.headersMaxMs,
        connectionsCheckingInterval: API_LIMITS.headersCheckMs,
        keepAliveTimeout: API_LIMITS.keepAliveTimeoutMs,
        // For whole requests: files may take as long as they keep coming, and the guard of bodies knows how long others may.
        requestTimeout: 0,
        maxHeaderSize: API_LIMITS.headersMaxBytes,
        // Node would answer without a body; `assertAnswerable` looks at it.
        requireHostHeader: false,
      },
      this.getInstance(),
    );
  }
}
