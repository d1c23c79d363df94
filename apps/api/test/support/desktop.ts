import type { RequestListener } from 'node:http';
import type { SessionId } from '@helix/external-agent';
import { TestRunner } from '@helix/revdial/testing';
import type { WireOptions } from './simulated-host.js';

export const PICTURE = Buffer.from('a picture, as far as any test can tell');

const servePicture: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE);
};

/** The desktop of a session, which serves one picture unless a service is given. Resolves before its link stands. */
export async function startDesktop(
  apiUrl: string,
  sessionId: SessionId,
  token: string,
  { service = servePicture, wire }: { readonly service?: RequestListener; readonly wire?: WireOptions } = {},
): Promise<TestRunner> {
  return await TestRunner.start({ api: apiUrl, runnerId: `sandbox-${sessionId}`, token, service, ...wire });
}
