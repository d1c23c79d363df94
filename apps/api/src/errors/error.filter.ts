import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ExternalAgentError } from '@helix/external-agent';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { databaseTroubleOf } from '../database/database-trouble.js';
import { LOGGER } from '../logging/logging.module.js';
import { requestIdOf } from '../logging/request-id.js';
import { HTTP_ANSWERS, httpAnswerOf, type HttpAnswer, type KnownErrorCode } from './status-by-code.js';

/** Errors within errors that a line tells of. */
const CAUSE_DEPTH = 4;
const REASON_MAX_CHARS = 300;

interface Answer extends HttpAnswer {
  readonly code: KnownErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Of a body that has many faults. */
const FAULTS_NAMED_MAX = 20;

/** The one place where an error becomes an answer: JSON with `code`, `message` and `requestId`, never a stack. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const answered = answerTo(error);
    const requestId = requestIdOf(request);
    if (answered.status >= 500 && answered.code !== 'NOT_READY') {
      const fields = {
        requestId,
        method: request.method,
        path: request.path,
        status: answered.status,
        code: answered.code,
      };
      if (answered.code === 'INTERNAL') this.logger.error({ ...fields, error }, 'a request failed');
      // A caller who left gets no answer, and errors caused by leaving are not worth a warning.
      else if (response.destroyed) this.logger.debug({ ...fields, error }, 'a request failed');
      else this.logger.warn({ ...fields, reason: reasonOf(error) }, 'a request failed');
    }
    // A caller who left gets nothing; one who has part of an answer is cut, and so does not take it for complete.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (response.destroyed) return;
    if (answered.retryAfterS !== undefined) response.setHeader('Retry-After', String(answered.retryAfterS));
    response.status(answered.status).json({
      code: answered.code,
      message: answered.message,
      requestId,
      ...(answered.details !== undefined && { details: answered.details }),
    });
  }
}

/** The messages of an error and of what caused it, outermost first. */
function reasonOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  const cause =
    error.cause === undefined || depth === CAUSE_DEPTH ? '' : `; because: ${reasonOf(error.cause, depth + 1)}`;
  return `${code}${error.message.slice(0, REASON_MAX_CHARS)}${cause}`;
}

function answerTo(error: unknown): Answer {
  const trouble = databaseTroubleOf(error);
  if (trouble !== undefined) return answer(trouble.code, trouble.message);
  const known = httpAnswerOf(error);
  if (known !== undefined && error instanceof Error) {
    return {
      code: known.code,
      ...known.answer,
      message: error.message,
      ...(error instanceof ExternalAgentError && error.details !== undefined && { details: error.details }),
    };
  }
  if (error instanceof HttpException) return answerToHttpException(error);
  if (isFaultOfRequest(error)) return answer('INVALID_REQUEST', 'the path cannot be read');
  return answer('INTERNAL', 'an unexpected error; the log has it under this requestId');
}

function answer(code: KnownErrorCode, message: string): Answer {
  return { code, message, ...HTTP_ANSWERS[code] };
}

/** Nest's own: unknown routes, and bodies that the validation pipe refused. */
function answerToHttpException(error: HttpException): Answer {
  const status = error.getStatus();
  if (status === 404) return answer('NOT_FOUND', 'no such route');
  if (status >= 500) return answer('INTERNAL', 'an unexpected error; the log has it under this requestId');
  const body = error.getResponse();
  const detail = typeof body === 'object' && 'message' in body ? body.message : error.message;
  return answer(
    'INVALID_REQUEST',
    Array.isArray(detail) ? detail.slice(0, FAULTS_NAMED_MAX).join('; ') : String(detail),
  );
}

/** Express's own: a path that is no text. */
function isFaultOfRequest(error: unknown): boolean {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
