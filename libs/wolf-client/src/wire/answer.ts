import { z } from 'zod';
import { WolfError } from '../wolf-error.js';
import type { HttpAnswer } from './http-exchange.js';
import { refusalOf } from './refusal.js';

const failure = z.object({ success: z.literal(false), error: z.string() });
const success = z.object({ success: z.literal(true) });

/**
 * What a successful answer says. Judged by status *and* `success`, never by content type, of which there is none
 * (wolf-api §1.2, §2.1).
 * @throws WolfError WOLF_NOT_FOUND, WOLF_INVALID_ANSWER, WOLF_REFUSED and the codes of Wolf's literals
 */
export function readSuccess<T>(call: string, answer: HttpAnswer, shape: z.ZodType<T>): T {
  // Wolf's answer to a path that it does not know is empty; a 404 that says something is a refusal like others.
  if (answer.status === 404 && answer.isEmpty) {
    throw new WolfError('WOLF_NOT_FOUND', `this Wolf has no endpoint for ${call}`);
  }
  const body = bodyOf(call, answer);
  const failed = failure.safeParse(body);
  if (failed.success) throw refusalOf(call, answer.status, failed.data.error);
  if (answer.status !== 200 || !success.safeParse(body).success) throw unexpected(call, answer);
  return readShape(call, body, shape);
}

function bodyOf(call: string, answer: HttpAnswer): unknown {
  if (answer.json === undefined) throw unexpected(call, answer, 'not JSON');
  return answer.json;
}

function readShape<T>(call: string, body: unknown, shape: z.ZodType<T>): T {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const places = read.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} (${issue.code})`);
  throw new WolfError('WOLF_INVALID_ANSWER', `the answer to ${call} has an unknown shape at ${places.join(', ')}`);
}

function unexpected(call: string, answer: HttpAnswer, what = 'of an unknown shape'): WolfError {
  const status = answer.status.toString();
  return new WolfError('WOLF_INVALID_ANSWER', `the answer to ${call} with status ${status} is ${what}`);
}
