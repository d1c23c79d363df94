import { ConfigError, readApiConfig } from './api-config.js';

const RUNNER_TOKEN = 'x'.repeat(16);

const desktopOf = (environment: Readonly<Record<string, string>>) =>
  readApiConfig({ RUNNER_TOKEN, ...environment }).desktop;

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readApiConfig({ RUNNER_TOKEN, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the settings of desktops', () => {
  it('hand nothing of the host to desktops and limit them, by default', () => {
    expect(desktopOf({})).toEqual({
      desktopName: 'sway',
      defaultImage: 'helix-sway:latest',
      imageRepository: 'helix-sway',
      allowedImages: [],
      stateRoot: '/wolf-state',
      environment: [],
      mounts: [],
      devices: [{ vendor: 'amd', source: '/dev/kfd', destination: '/dev/kfd', permissions: 'rw' }],
      resources: { memoryMb: undefined, cpus: undefined, shmMb: 1024, pidsLimit: 8192 },
      security: { isPrivileged: false, addedCapabilities: [] },
    });
  });

  it('read what an operator may want', () => {
    expect(
      desktopOf({
        DESKTOP_ENV: 'LANG=de_DE.UTF-8, NO_PROXY=localhost\\,10.0.0.0/8,EMPTY=',
        DESKTOP_MOUNTS: '/data:/data:ro,/srv/{session_id}:/work',
        DESKTOP_DEVICES: 'none',
        DESKTOP_MEMORY_MB: '8192',
        DESKTOP_CPUS: '2.5',
        DESKTOP_SHM_MB: '2048',
        DESKTOP_PIDS_LIMIT: '100',
        DESKTOP_PRIVILEGED: 'true',
        DESKTOP_CAP_ADD: 'CAP_SYS_ADMIN,net_admin',
        DESKTOP_NAME: 'ubuntu',
      }),
    ).toMatchObject({
      desktopName: 'ubuntu',
      environment: ['LANG=de_DE.UTF-8', 'NO_PROXY=localhost,10.0.0.0/8', 'EMPTY='],
      mounts: [
        { source: '/data', destination: '/data', mode: 'ro' },
        { source: '/srv/{session_id}', destination: '/work', mode: 'rw' },
      ],
      devices: [],
      resources: { memoryMb: 8192, cpus: 2.5, shmMb: 2048, pidsLimit: 100 },
      security: { isPrivileged: true, addedCapabilities: ['SYS_ADMIN', 'NET_ADMIN'] },
    });
  });

  it.each([
    [{ DESKTOP_ENV: 'secret' }, 'DESKTOP_ENV.0: must be NAME=value'],
    [{ DESKTOP_ENV: 'A=1,RUNNER_TOKEN=secret' }, 'DESKTOP_ENV.1: may not set RUNNER_TOKEN'],
    [{ DESKTOP_ENV: `A=secret${'x'.repeat(9_000)}` }, 'DESKTOP_ENV.0: has too long a value in A'],
    [{ DESKTOP_ENV: Array.from({ length: 65 }, () => 'A=secret').join(',') }, 'DESKTOP_ENV: at most 64 entries'],
    [
      { DESKTOP_ENV: Array.from({ length: 5 }, () => `A=secret${'x'.repeat(8_000)}`).join(',') },
      'DESKTOP_ENV: is too long',
    ],
    [{ DESKTOP_MOUNTS: '/secret:relative' }, 'DESKTOP_MOUNTS.0: needs an absolute destination'],
    [{ DESKTOP_MOUNTS: '/a:/secret,/b:/secret/:ro' }, 'DESKTOP_MOUNTS: has a destination twice'],
    [{ DESKTOP_MOUNTS: '/var/run/docker.sock:/secret' }, 'DESKTOP_ALLOW_DOCKER_SOCKET'],
    [{ DESKTOP_DEVICES: '/secret' }, 'DESKTOP_DEVICES.0: must be /dev/'],
    [{ DESKTOP_MEMORY_MB: '1' }, 'DESKTOP_MEMORY_MB: must be'],
    [{ DESKTOP_CPUS: '0' }, 'DESKTOP_CPUS: must be'],
    [{ DESKTOP_CPUS: '1e3' }, 'DESKTOP_CPUS: must be'],
    [{ DESKTOP_CAP_ADD: 'SECRET' }, 'DESKTOP_CAP_ADD.0: must be names of Linux capabilities'],
    [{ DESKTOP_CAP_ADD: 'ALL' }, 'DESKTOP_CAP_ADD.0: must be names of Linux capabilities'],
    [{ DESKTOP_STATE_ROOT: '/secret/../etc' }, 'DESKTOP_STATE_ROOT: must be'],
    [{ DESKTOP_NAME: 'a/b' }, 'DESKTOP_NAME: must be'],
  ])('refuse %j, naming no value', (environment, fault) => {
    const faults = faultsOf(environment);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]?.toLowerCase()).not.toContain('secret');
  });

  it('name every fault at once, that between two settings as well', () => {
    const faults = faultsOf({
      PORT: 'x',
      DESKTOP_ENV: 'x',
      DESKTOP_MOUNTS: '/run:/x',
      DESKTOP_DEVICES: '/x',
      DESKTOP_CPUS: 'x',
    });
    expect(faults.map((fault) => /^[A-Z_]+/.exec(fault)?.[0])).toEqual([
      'PORT',
      'DESKTOP_ENV',
      'DESKTOP_DEVICES',
      'DESKTOP_CPUS',
      'DESKTOP_MOUNTS',
    ]);
  });

  it("hand in Docker's socket when the operator insists", () => {
    const environment = { DESKTOP_MOUNTS: '/run/docker.sock:/run/docker.sock', DESKTOP_ALLOW_DOCKER_SOCKET: 'true' };
    expect(desktopOf(environment).mounts).toHaveLength(1);
  });
});
