import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * The body of a heartbeat as it came, past the checks of other bodies: who reads it knows which fields count, and refuses it
 * with the names of all that are faulty. What is no JSON at all is refused before.
 */
export const HeartbeatBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  return context.switchToHttp().getRequest<Request>().body;
});
