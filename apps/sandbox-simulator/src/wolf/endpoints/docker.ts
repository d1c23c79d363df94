import { reads, takes, type WolfEndpoint } from '../endpoint.js';
import type { WolfCore } from '../wolf-core.js';
import { failure, NOTHING, type WolfReply } from '../wolf-reply.js';
import { struct, text } from '../wolf-shape.js';

const SUCCESS = '{"success":true}';

/** Images of the host's Docker (wolf-api §3.8). */
export const DOCKER_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/docker/images/inspect', 'nov25', (core, query) => {
    // Split at the first equals sign and not decoded; a second parameter belongs to the value.
    const [, name] = /^image_name=([^=]*)$/.exec(query) ?? [];
    if (name === undefined) return failure("Invalid request format, expects 'image_name' as a query parameter", 400);
    if (!core.images.has(name)) return failure('Image not found', 404);
    return { kind: 'body', status: 200, body: dockerInspect(name) };
  }),
  takes({
    path: '/docker/images/pull',
    since: 'nov25',
    typeName: 'wolf::api::DockerPullImageRequest',
    shape: () => struct({ image_name: text }),
    // The one endpoint that closes without a word on a body it cannot read (wolf-api §2.2).
    refuse: () => NOTHING,
    answer: (core, request) => pull(core, request.image_name),
  }),
];

/** Docker's own document: no `success`, and an environment that is nobody's business. */
function dockerInspect(name: string): string {
  return JSON.stringify({
    Id: 'sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',
    RepoTags: [name],
    RepoDigests: null,
    Created: '2025-11-28T09:00:00.000000000Z',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 4_294_967_296,
    Config: { Env: ['IMAGE_SECRET=hunter2'] },
  });
}

function pull(core: WolfCore, name: string): WolfReply {
  core.events.broadcast('DockerPullImageStartEvent', { image_name: name });
  if (core.faults.pull === 'refused') {
    core.events.broadcast('DockerPullImageEndEvent', { image_name: name, success: false });
    return failure('Failed to pull image');
  }
  return { kind: 'pieces', pieces: progressOf(core, name) };
}

/** No header at all, a line for each step, and a failure is a whole second answer inside the body. */
async function* progressOf(core: WolfCore, name: string): AsyncGenerator<string> {
  const { pull: fault, pullStepDelayMs } = core.faults;
  yield 'HTTP/1.0 200 OK\r\n\r\n';
  for (const step of [
    { status: `Pulling from ${name}`, id: 'latest' },
    { status: 'Downloading', id: '4f53cda18c2b', progressDetail: { current: 1024, total: 4096 } },
    { status: 'Pull complete', id: '4f53cda18c2b', progressDetail: {} },
  ]) {
    await core.wait(pullStepDelayMs);
    yield `${JSON.stringify(step)}\r\n`;
    if (fault === 'cut') return;
    if (fault === 'endless-line') yield 'x'.repeat(4 * 1024 * 1024);
  }
  if (fault === 'fails-midway') {
    core.events.broadcast('DockerPullImageEndEvent', { image_name: name, success: false });
    const body = '{"success":false,"error":"Failed to pull image"}';
    yield `HTTP/1.0 500 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
    return;
  }
  core.images.add(name);
  core.events.broadcast('DockerPullImageEndEvent', { image_name: name, success: true });
  yield SUCCESS;
}
