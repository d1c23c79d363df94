import { isUtf8 } from 'node:buffer';
import { Injectable, SetMetadata, type CanActivate, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForeignJsonError, parseForeignJson, type JsonLimits } from '@helix/revdial';
import type { GuardedRequest } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { hasBody, readBody } from './read-body.js';
import { dropBody } from './unread-body.js';

const BODY_RULE = 'helix:body-rule';

/** The JSON of every route that does not say otherwise. */
const JSON_BODY: JsonLimits = {
  maxBytes: API_LIMITS.jsonBodyMaxBytes,
  maxKeys: API_LIMITS.jsonBodyMaxKeys,
  maxValues: API_LIMITS.jsonBodyMaxValues,
};

/** A route whose JSON may have more. */
export function JsonBody(limits: Partial<JsonLimits>): CustomDecorator {
  return SetMetadata(BODY_RULE, { ...JSON_BODY, ...limits });
}

/** A route that reads the body itself: by `readBody`, or piece by piece after `inviteBody`. */
export function OwnBody(): CustomDecorator {
  return SetMetadata(BODY_RULE, 'own');
}

/** A body of these has no meaning (RFC 9110 §9.3). */
const READS_NO_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/**
 * The second of the two guards, which Nest runs one after the other: reads the bodies of callers whom the first has let in, and no
 * others. Bodies are read as JSON regardless of their type, as Helix reads them: one that was silently ignored would start a desktop
 * other than the one asked for.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    if (!hasBody(request)) return true;
    const rule = this.reflector.getAllAndOverride<JsonLimits | 'own' | undefined>(BODY_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === 'own') return true;
    if (READS_NO_BODY.has(request.method) || request.principal === undefined) dropBody(request);
    else request.body = await readJson(request, rule ?? JSON_BODY);
    return true;
  }
}

async function readJson(request: GuardedRequest, limits: JsonLimits): Promise<unknown> {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) throw new ApiError('UNSUPPORTED_ENCODING', 'the body must be in UTF-8');
  const bytes = await readBody(request, { maxBytes: limits.maxBytes, maxMs: API_LIMITS.bodyMaxMs });
  if (!isUtf8(bytes)) throw new ApiError('INVALID_REQUEST', 'the body is not valid UTF-8');
  const value = parse(withoutByteOrderMark(bytes), limits);
  if (typeof value !== 'object' || value === null)
    throw new ApiError('INVALID_REQUEST', 'the body must be a JSON object');
  return value;
}

function parse(bytes: Buffer, limits: JsonLimits): unknown {
  try {
    return parseForeignJson(bytes, limits);
  } catch (error) {
    if (!(error instanceof ForeignJsonError)) throw error;
    const isMalformed = error.fault === 'not-json';
    throw new ApiError('INVALID_REQUEST', isMalformed ? 'the body is not valid JSON' : `the body has ${error.message}`);
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
