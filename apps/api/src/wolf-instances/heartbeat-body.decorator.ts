import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * The body of a heartbeat as it came, past the checks of other bodies: what can not be stored of it is left out by who reads
 * it, since a host that is alive must not look dead because of one field. What is no JSON at all is refused before.
 */
export const HeartbeatBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  return context.switchToHttp().getRequest<Request>().body;
});
