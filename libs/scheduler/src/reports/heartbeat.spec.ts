import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { parseHeartbeat } from './heartbeat.js';

describe('parseHeartbeat', () => {
  it('reads the early dialect', () => {
    const disk = {
      mount_point: '/var',
      total_bytes: 1e12,
      used_bytes: 8.1e11,
      avail_bytes: 1.9e11,
      used_percent: 81,
      alert_level: 'warning',
    };
    expect(
      parseHeartbeat({
        sway_version: 'a1b2c3d',
        disk_usage: [disk],
        container_usage: [{ container_id: '0123456789ab', container_name: 'x', size_bytes: 1, rw_size_bytes: 1 }],
      }),
    ).toEqual({
      swayVersion: 'a1b2c3d',
      diskUsage: [disk],
      diskAlertLevel: 'warning',
      containers: [{ name: 'x', sizeBytes: 1 }],
    });
  });

  it('reads the later dialect, whose sway version is the image tag, without labels', () => {
    expect(
      parseHeartbeat({
        desktop_versions: { sway: 'abc123', ubuntu: 'def456', absent: '' },
        gpu_vendor: 'NVIDIA',
        gpu_type: 'RTX 6000 Ada',
        render_node: '/dev/dri/renderD128',
        max_sandboxes: 8,
        helix_version: '2.4.0+g1',
        privileged_mode_enabled: true,
        labels: { region: 'mine' },
        service_health: { anything: ['goes'] },
        gpus: [{ index: 0 }],
      }),
    ).toEqual({
      swayVersion: 'abc123',
      desktopVersions: { sway: 'abc123', ubuntu: 'def456' },
      helixVersion: '2.4.0+g1',
      gpuVendor: 'nvidia',
      gpuType: 'RTX 6000 Ada',
      gpus: [{ name: '' }],
      renderNode: '/dev/dri/renderD128',
      hostMaxSandboxes: 8,
    });
  });

  it('reads GPUs in whatever words the host has for them', () => {
    const gpus = [
      { name: 'A', memory_mb: 24_576, encoder_sessions: 8 },
      { model: 'B', memory_total_mb: 16_384.4, max_encoder_sessions: 3 },
      { name: null, model: 'C', vram_mb: 1 },
      { memory: 2, temperature: 'warm' },
    ];
    expect(parseHeartbeat({ gpus }).gpus).toEqual([
      { name: 'A', memoryMb: 24_576, encoderSessions: 8 },
      { name: 'B', memoryMb: 16_384, encoderSessions: 3 },
      { name: 'C', memoryMb: 1 },
      { name: '', memoryMb: 2 },
    ]);
  });

  it('keeps the largest containers of a report, those without a name by their id', () => {
    const container_usage = Array.from({ length: 60 }, (_, index) => ({
      container_id: `c${index}`,
      size_bytes: index,
    }));
    const { containers = [] } = parseHeartbeat({ container_usage });
    expect(containers).toHaveLength(SCHEDULER_LIMITS.containers);
    expect([containers[0], containers.at(-1)]).toEqual([
      { name: 'c59', sizeBytes: 59 },
      { name: 'c10', sizeBytes: 10 },
    ]);
  });

  it.each([
    ['sway_version', 'not a tag'],
    ['sway_version', 7],
    ['helix_version', 'x'.repeat(129)],
    ['gpu_vendor', 'two words'],
    ['gpu_vendor', 'x'.repeat(33)],
    ['gpu_type', 'a\0b'],
    ['gpus', {}],
    ['gpus', ['RTX 4090']],
    ['gpus', [{ name: 7 }]],
    ['gpus', [{ name: 'A', memory_mb: 'much' }]],
    ['gpus', [{ name: 'A', encoder_sessions: -1 }]],
    ['gpus', Array.from({ length: 33 }, () => ({ name: 'A' }))],
    ['render_node', '/etc/passwd'],
    ['max_sandboxes', -1],
    ['max_sandboxes', 1.5],
    ['max_sandboxes', 10_001],
    ['max_sandboxes', '8'],
    ['desktop_versions', ['sway']],
    ['desktop_versions', { sway: 5 }],
    ['desktop_versions', Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`d${index}`, 'v']))],
    ['disk_usage', {}],
    ['disk_usage', [null]],
    ['disk_usage', [{ mount_point: '/', total_bytes: 'much', used_bytes: 1 }]],
    ['disk_usage', [{ mount_point: '/', total_bytes: 1, used_bytes: 1e300 }]],
    ['disk_usage', [{ mount_point: '/', total_bytes: 1, used_bytes: 1, used_percent: '1' }]],
    ['disk_usage', [{ mount_point: '/\0', total_bytes: 1, used_bytes: 1 }]],
    ['disk_usage', [{ mount_point: '/\ud800', total_bytes: 1, used_bytes: 1 }]],
    ['disk_usage', Array.from({ length: 33 }, () => ({ mount_point: '/', total_bytes: 1, used_bytes: 1 }))],
    ['container_usage', 'none'],
    ['container_usage', [{ size_bytes: 1 }]],
    ['container_usage', [{ container_name: 'x', size_bytes: '1' }]],
  ])('refuses a malformed %s: %j', (field, value) => {
    expect(faultsOf({ helix_version: '1', [field]: value })).toEqual([field]);
  });

  it('names every faulty field at once, and no value', () => {
    expect(faultsOf({ max_sandboxes: 'secret', sway_version: ' ', gpus: 1, unknown: {} })).toEqual([
      'sway_version',
      'gpus',
      'max_sandboxes',
    ]);
    expect(() => parseHeartbeat({ max_sandboxes: 'secret' })).toThrow(/^(?!.*secret)/);
  });

  it.each([['text'], [7], [true], [[]]])('refuses a body that is no object: %j', (body) => {
    expect(faultsOf(body)).toEqual(['body']);
  });

  it.each([[undefined], [null], [{}], [{ sway_version: null, gpus: null }]])('takes %j as a sign of life', (body) => {
    expect(parseHeartbeat(body)).toEqual({});
  });

  it('works out the alert level that a report lacks, and takes the worst of all disks', () => {
    const levels = [79, 80, 95].map((used) => {
      return parseHeartbeat({ disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: used }] }).diskAlertLevel;
    });
    expect(levels).toEqual(['ok', 'warning', 'critical']);
    const disks = [95, 10].map((used) => ({ mount_point: `/${used}`, total_bytes: 100, used_bytes: used }));
    expect(parseHeartbeat({ disk_usage: disks }).diskAlertLevel).toBe('critical');
  });

  it('takes the last of what is said of one mount twice', () => {
    const disks = [95, 10].map((used) => ({ mount_point: '/', total_bytes: 100, used_bytes: used }));
    expect(parseHeartbeat({ disk_usage: disks })).toMatchObject({
      diskAlertLevel: 'ok',
      diskUsage: [{ mount_point: '/', used_bytes: 10 }],
    });
  });

  /** The fields that the refusal names. */
  function faultsOf(body: unknown): readonly string[] {
    try {
      parseHeartbeat(body);
    } catch (error) {
      if (!(error instanceof SchedulerError) || error.code !== 'INVALID_HEARTBEAT') throw error;
      return error.message
        .replace('the heartbeat is not acceptable: ', '')
        .split('; ')
        .map((fault) => fault.split(':')[0] ?? '');
    }
    return [];
  }
});
