import { createSessionId } from '../../session/session-id.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { DesktopConfig } from './desktop-config.js';
import { defineDesktop } from './desktop-definition.js';
import { parseDesktopDevice } from './desktop-device.js';
import { unusableFieldsOf, type DesktopHost } from './desktop-host.js';
import { parseDesktopMount } from './desktop-mount.js';

const CONFIG: DesktopConfig = {
  apiUrl: 'http://api:8080',
  desktopName: 'sway',
  defaultImage: 'helix-sway:latest',
  imageRepository: 'helix-sway',
  allowedImages: ['other:1'],
  stateRoot: '/wolf-state',
  environment: [],
  mounts: [],
  devices: [parseDesktopDevice('amd=/dev/kfd')],
  resources: { memoryMb: undefined, cpus: undefined, shmMb: 1024, pidsLimit: 8192 },
  security: { isPrivileged: false, addedCapabilities: [] },
};
const HOST: DesktopHost = { gpuVendor: '', renderNode: '', swayVersion: '', desktopVersions: {} };
const ID = createSessionId();

function define(host: Partial<DesktopHost> = {}, config: Partial<DesktopConfig> = {}, image: string | null = null) {
  const session = { id: ID, image, environment: ['EDITOR=vi'] } as unknown as SessionEntity;
  return defineDesktop(session, { ...HOST, ...host }, { ...CONFIG, ...config }, 'token');
}

describe('the definition of a desktop', () => {
  const N128 = '/dev/dri/renderD128';
  const N129 = '/dev/dri/renderD129';
  const CUDA = 'video/x-raw(memory:CUDAMemory)';
  const DMA = 'video/x-raw(memory:DMABuf)';
  const PLAIN = 'video/x-raw';

  it.each([
    ['nvidia', N129, N129, CUDA, [], '/dev/input/* /dev/dri/* /dev/nvidia*'],
    ['NVIDIA', '', N128, CUDA, [], '/dev/input/* /dev/dri/* /dev/nvidia*'],
    ['nvidia', 'SOFTWARE', 'SOFTWARE', PLAIN, [], '/dev/input/*'],
    ['amd', N129, N129, DMA, [`${N129}:${N129}:rw`, '/dev/kfd:/dev/kfd:rw'], '/dev/input/* /dev/dri/* /dev/kfd'],
    ['amd', 'SOFTWARE', 'SOFTWARE', PLAIN, ['/dev/kfd:/dev/kfd:rw'], '/dev/input/*'],
    ['intel', '', N128, DMA, [`${N128}:${N128}:rw`], '/dev/input/* /dev/dri/*'],
    ['none', N128, 'SOFTWARE', PLAIN, [], '/dev/input/*'],
    ['none', '', 'SOFTWARE', PLAIN, [], '/dev/input/*'],
    ['virtio', N129, N129, PLAIN, [], '/dev/input/* /dev/dri/*'],
    ['', '', N128, PLAIN, [], '/dev/input/* /dev/dri/*'],
    ['', 'SOFTWARE', 'SOFTWARE', PLAIN, [], '/dev/input/*'],
  ])(
    'on a host of vendor "%s" with node "%s" draws on %s with %s',
    (gpuVendor, node, renderNode, caps, devices, required) => {
      const desktop = define({ gpuVendor, renderNode: node });
      expect(desktop).toMatchObject({ renderNode, bufferCaps: caps, devices });
      expect(desktop.environment[0]).toBe(`GOW_REQUIRED_DEVICES=${required}`);
    },
  );

  it.each([
    ['the default', {}, {}, 'helix-sway:latest'],
    ['the first version of early hosts', { swayVersion: 'a1b2' }, {}, 'helix-sway:a1b2'],
    ['that of later hosts', { swayVersion: 'a1b2', desktopVersions: { sway: 'c3' } }, {}, 'helix-sway:c3'],
    [
      'that of the desktop which is configured',
      { swayVersion: 'a1b2', desktopVersions: { sway: 'c3', ubuntu: 'd4' } },
      { desktopName: 'ubuntu', imageRepository: 'helix-ubuntu' },
      'helix-ubuntu:d4',
    ],
    [
      'the default where only another is known',
      { swayVersion: 'a1b2' },
      { desktopName: 'ubuntu' },
      'helix-sway:latest',
    ],
    ['the default for what every object has', {}, { desktopName: 'constructor' }, 'helix-sway:latest'],
  ])('takes %s', (_what, host, config, image) => {
    expect(define(host, config).image).toBe(image);
  });

  it('takes an image from the list, and none that is not on it any more', () => {
    expect(define({ swayVersion: 'a1' }, {}, 'other:1').image).toBe('other:1');
    expect(() => define({}, { allowedImages: [] }, 'other:1')).toThrow(
      expect.objectContaining({ code: 'IMAGE_NOT_ALLOWED' }),
    );
  });

  it('is for no id that could be something else in a path or in JSON', () => {
    const session = { id: 'ses_"/../x', image: null, environment: [] } as unknown as SessionEntity;
    expect(() => defineDesktop(session, HOST, CONFIG, 'token')).toThrow(
      expect.objectContaining({ code: 'INVALID_SESSION_ID' }),
    );
  });

  it('is an unprivileged container with an own host name, IPC and limits', () => {
    const container = JSON.parse(define().baseCreateJson) as { readonly Hostname: string };
    expect(container).toEqual({
      Hostname: `zed-external-${ID.slice(4)}`,
      HostConfig: { Privileged: false, IpcMode: 'private', CapAdd: [], ShmSize: 1024 ** 3, PidsLimit: 8192 },
    });
    expect(container.Hostname).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it('has what the operator configured', () => {
    const desktop = define(
      { gpuVendor: 'intel' },
      {
        environment: ['EDITOR=nano', 'LANG=de'],
        mounts: [parseDesktopMount('/srv/{session_id}:/work:ro')],
        devices: ['/dev/video0', 'amd=/dev/kfd', 'intel=/dev/x', '/dev/dri/renderD128'].map(parseDesktopDevice),
        resources: { memoryMb: 4096, cpus: 2.5, shmMb: 64, pidsLimit: 100 },
        security: { isPrivileged: true, addedCapabilities: ['SYS_ADMIN'] },
      },
    );
    expect(desktop.mounts).toEqual([`/srv/${ID}:/work:ro`]);
    expect(desktop.devices).toEqual([
      '/dev/dri/renderD128:/dev/dri/renderD128:rw',
      '/dev/video0:/dev/video0:rw',
      '/dev/x:/dev/x:rw',
    ]);
    expect(desktop.environment.slice(1, 4)).toEqual(['EDITOR=nano', 'LANG=de', 'EDITOR=vi']);
    expect(JSON.parse(desktop.baseCreateJson)).toMatchObject({
      HostConfig: {
        Privileged: true,
        CapAdd: ['SYS_ADMIN'],
        Memory: 4 * 1024 ** 3,
        MemorySwap: 4 * 1024 ** 3,
        NanoCpus: 2.5e9,
        ShmSize: 64 * 1024 ** 2,
        PidsLimit: 100,
      },
    });
  });

  it.each([
    ['gpu_vendor', { gpuVendor: 'nvidia"; rm' }],
    ['render_node', { renderNode: '/dev/dri/../sda' }],
    ['render_node', { renderNode: '/dev/dri/renderD128:/dev/mem' }],
    ['sway_version', { swayVersion: 'a b' }],
    ['desktop_versions', { desktopVersions: { sway: 'evil/image@sha256:0' } }],
  ])('tells of a host whose %s cannot be, and takes it for not reported', (field, host) => {
    expect(unusableFieldsOf({ ...HOST, ...host })).toEqual([field]);
    expect(define(host)).toEqual(define());
  });

  it('finds nothing wrong with a host that reports nothing', () => {
    expect(unusableFieldsOf(HOST)).toEqual([]);
  });
});
