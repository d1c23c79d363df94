import { MIMEType } from 'node:util';
import {
  runnerIdOf,
  type RunnerHttp,
  type RunnerHttpRequest,
  type RunnerHttpResponse,
  type RunnerId,
} from '@helix/revdial';
import { ExternalAgentError, type ExternalAgentErrorCode } from '../external-agent-error.js';
import type { SessionId } from '../session/session-id.js';

type Headers = RunnerHttpResponse['headers'];

/**
 * Asks a desktop's own service. A success is plain: whole, uncompressed, of one readable type; see `faultOf`.
 * @throws ExternalAgentError DESKTOP_INVALID_ANSWER for one that is not
 * @throws RevDialError as the tunnel fails
 */
export function askDesktop(
  http: RunnerHttp,
  sessionId: SessionId,
  request: RunnerHttpRequest,
): Promise<RunnerHttpResponse> {
  return askPlainly(http, runnerIdOf('sandbox', sessionId), request, 'DESKTOP_INVALID_ANSWER', 'the desktop');
}

/** The same for a host's Moonlight Web. @throws ExternalAgentError MOONLIGHT_INVALID_ANSWER; RevDialError */
export function askMoonlight(
  http: RunnerHttp,
  wolfInstanceId: string,
  request: RunnerHttpRequest,
): Promise<RunnerHttpResponse> {
  const runnerId = runnerIdOf('moonlight', wolfInstanceId);
  return askPlainly(http, runnerId, request, 'MOONLIGHT_INVALID_ANSWER', 'the host’s Moonlight Web');
}

/** The media type without its parameters, in small letters; `undefined` for none, for several, and for what is no type. */
export function mediaTypeOf(contentType: Headers[string]): string | undefined {
  return typeof contentType === 'string' ? parseType(contentType)?.essence : undefined;
}

async function askPlainly(
  http: RunnerHttp,
  runnerId: RunnerId,
  request: RunnerHttpRequest,
  code: ExternalAgentErrorCode,
  who: string,
): Promise<RunnerHttpResponse> {
  const response = await http.request(runnerId, {
    ...request,
    headers: { ...request.headers, 'accept-encoding': 'identity' },
  });
  const fault = faultOf(response);
  if (fault === undefined) return response;
  response.body.destroy();
  throw new ExternalAgentError(code, `${who} answered ${fault}`);
}

/**
 * What makes the body of a success another than its bytes: headers which we did not ask for and do not honour. Of a refusal
 * nothing is read but the status.
 */
function faultOf({ status, headers }: RunnerHttpResponse): string | undefined {
  if (status < 200 || status > 299) return undefined;
  if (status === 206 || headers['content-range'] !== undefined) return 'a part of what was asked for';
  if (codingsOf(headers['content-encoding']).some((coding) => coding !== 'identity'))
    return 'in an encoding of its own';
  if (codingsOf(headers['transfer-encoding']).some((coding) => coding !== 'chunked'))
    return 'in an encoding of its own';
  const contentType = headers['content-type'];
  if (contentType === undefined) return undefined;
  const type = typeof contentType === 'string' ? parseType(contentType) : undefined;
  if (type === undefined) return 'with a content type that cannot be read';
  if (type.type === 'multipart') return 'in several parts';
  const charset = type.params.get('charset')?.toLowerCase() ?? 'utf-8';
  const isText = type.type === 'text' || /(?:^|[+-])(?:json|ndjson)$/.test(type.subtype);
  return isText && !READ_AS_UTF8.has(charset) ? 'in a character set other than UTF-8' : undefined;
}

const READ_AS_UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

function codingsOf(header: Headers[string]): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '');
}

function parseType(text: string): MIMEType | undefined {
  try {
    return new MIMEType(text);
  } catch {
    return undefined;
  }
}
