import { request } from 'node:http';

/** One request to Wolf over its socket: the JSON it answers, or a rejection with the socket's error code. */
export function wolfRequest(socketPath: string, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, method, path: `/api/v1${path}`, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      });
      res.on('error', reject);
    });
    req.on('error', reject);
    const text = body === undefined ? '' : JSON.stringify(body);
    if (body !== undefined) req.setHeader('Content-Length', Buffer.byteLength(text));
    req.end(text);
  });
}

/** A create-lobby body that every era takes (wolf-api §7.5). */
export function lobbyBody(env: readonly string[]): object {
  return {
    profile_id: 'helix-sessions',
    name: 'Agent 0abc',
    multi_user: true,
    stop_when_everyone_leaves: false,
    video_settings: {
      width: 3840,
      height: 2160,
      refresh_rate: 60,
      wayland_render_node: '/dev/dri/renderD128',
      runner_render_node: '/dev/dri/renderD128',
      video_producer_buffer_caps: 'video/x-raw(memory:CUDAMemory)',
      video_source_mode: 'wayland',
    },
    audio_settings: { channel_count: 2 },
    runner_state_folder: '/wolf-state/agent',
    runner: {
      type: 'docker',
      name: 'desk',
      image: 'desk:dev',
      mounts: [],
      env,
      devices: [],
      ports: [],
      base_create_json: '{}',
    },
  };
}
