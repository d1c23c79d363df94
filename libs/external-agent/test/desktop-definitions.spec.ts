import { WOLF_ERAS } from '@helix/sandbox-simulator';
import { createSessionId, parseDesktopDevice, parseDesktopMount } from '../src/index.js';
import { OWNER, RUNNING, SessionRig } from './support/session-rig.js';

/** What a host could say to become something else on the way: more parts, other paths, other JSON, other lines. */
const HOSTILE = [
  '/dev/dri/x:/etc:rw',
  '../../etc',
  '"}},"Privileged":true',
  'a\nb',
  '$(id)',
  '`id`',
  'x'.repeat(5_000),
];

describe('a desktop on its Wolf', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  it.each(WOLF_ERAS.filter((era) => era !== 'u24'))('is taken as it is meant by %s', async (era) => {
    const wolf = await rig.addHost('gpu-1', 10, era);
    await rig.dataSource.query(
      `UPDATE wolf_instances SET gpu_vendor = 'amd', render_node = '/dev/dri/renderD129', desktop_versions = '{"sway":"v7"}'`,
    );
    const { agents } = await rig.addReplica({
      mounts: [parseDesktopMount('/srv/{session_id}:/work:ro')],
      devices: [parseDesktopDevice('amd=/dev/kfd'), parseDesktopDevice('nvidia=/dev/other')],
      resources: { memoryMb: 4096, cpus: 1.5, shmMb: 512, pidsLimit: 1000 },
    });
    const { id } = await agents.create({ ownerId: OWNER, display: { width: 99_999, height: 1, refreshHz: 1_000 } });
    expect(await rig.holdings(id)).toEqual(RUNNING);
    const [lobby] = wolf.lobbies;
    expect(lobby?.video).toMatchObject({
      width: 7680,
      height: 600,
      refresh_rate: 144,
      wayland_render_node: '/dev/dri/renderD129',
      runner_render_node: '/dev/dri/renderD129',
      video_producer_buffer_caps: 'video/x-raw(memory:DMABuf)',
    });
    expect(lobby?.runnerStateFolder).toBe(`/wolf-state/agent-${id}`);
    expect(lobby?.runner).toMatchObject({
      image: 'desktop:v7',
      mounts: [`/srv/${id}:/work:ro`],
      devices: ['/dev/dri/renderD129:/dev/dri/renderD129:rw', '/dev/kfd:/dev/kfd:rw'],
    });
    expect(wolf.uncaughtExceptionCount + wolf.suspectIdCount).toBe(0);
  });

  it.each(HOSTILE)('has nothing of a host that reports %j', async (hostile) => {
    const wolf = await rig.addHost();
    // Past the registry, which takes none of it, as a row of another release or hand might have it.
    await rig.dataSource.query(
      `UPDATE wolf_instances SET gpu_vendor = $1, render_node = $1, sway_version = $1, desktop_versions = $2`,
      [hostile, { sway: hostile, [hostile]: hostile }],
    );
    const { agents, logger } = await rig.addReplica();
    const { id } = await agents.create({ ownerId: OWNER });
    expect(await rig.holdings(id)).toEqual(RUNNING);
    const [lobby] = wolf.lobbies;
    expect(JSON.stringify(lobby)).not.toContain(JSON.stringify(hostile).slice(1, -1));
    expect(lobby).toMatchObject({
      runner: { image: 'desktop:default', devices: [], mounts: [] },
      video: { wayland_render_node: '/dev/dri/renderD128', video_producer_buffer_caps: 'video/x-raw' },
    });
    const told = logger.lines.map((line) => JSON.stringify(line).replaceAll('\\', '')).join('\n');
    expect(told).toContain('["gpu_vendor","render_node","sway_version","desktop_versions"]');
    expect(told).not.toContain(hostile.replaceAll('\n', 'n'));
    expect(wolf.uncaughtExceptionCount).toBe(0);
  });

  it('is not made from an image that the operator has taken off the list meanwhile', async () => {
    const wolf = await rig.addHost();
    const lenient = await rig.addReplica({ allowedImages: ['desktop:other'] });
    await wolf.crash();
    const sessionId = createSessionId();
    await lenient.agents.create({ ownerId: OWNER, sessionId, image: 'desktop:other' }).catch(() => undefined);
    await wolf.restart();
    const strict = await rig.addReplica({ allowedImages: [] });
    await expect(strict.agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    expect((await rig.row(sessionId)).reason?.message).toContain('IMAGE_NOT_ALLOWED');
    expect(await rig.holdings(sessionId)).toMatchObject({ lobbies: 0, slots: 0, tokens: 0 });
    expect(wolf.lobbyCount).toBe(0);
  });
});
