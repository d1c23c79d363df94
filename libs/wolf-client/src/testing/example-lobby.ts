import type { CreateLobbyRequest } from '../model/lobby.js';

/** A complete create request as a desktop needs it. */
export function exampleLobby(changes: Partial<CreateLobbyRequest> = {}): CreateLobbyRequest {
  return {
    profileId: 'helix-sessions',
    name: 'Agent 0001',
    multiUser: true,
    stopWhenEveryoneLeaves: false,
    video: {
      width: 1920,
      height: 1080,
      refreshRate: 60,
      waylandRenderNode: '/dev/dri/renderD128',
      runnerRenderNode: '/dev/dri/renderD128',
      videoProducerBufferCaps: 'video/x-raw(memory:CUDAMemory)',
      videoSourceMode: 'wayland',
    },
    audio: { channelCount: 2 },
    runnerStateFolder: '/wolf-state/agent-ses_01exampleexampleexample0001',
    runner: {
      type: 'docker',
      name: 'desk-01exampleexampleexample0001',
      image: 'desk:dev',
      mounts: ['/srv/ws/0001:/home/retro/work'],
      env: ['RUN_SWAY=1', 'HELIX_SESSION_ID=ses_01exampleexampleexample0001'],
      devices: ['/dev/uinput:/dev/uinput'],
      ports: ['9876:9876'],
      baseCreateJson: '{"Hostname":"desk-0001"}',
    },
    ...changes,
  };
}
