import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HostEdit } from '@helix/scheduler';
import type { Request } from 'express';
import { parseHostEdit } from './parse-host-edit.js';

/** The body of an edit, past the pipe that takes null for "not given": here it says that the operator's word is taken back. */
export const HostEditBody = createParamDecorator((_: unknown, context: ExecutionContext): HostEdit => {
  return parseHostEdit(context.switchToHttp().getRequest<Request>().body);
});
