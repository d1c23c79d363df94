import { parseHeartbeat } from './heartbeat.js';

describe('parseHeartbeat', () => {
  it('reads the early dialect', () => {
    expect(
      parseHeartbeat({
        sway_version: 'a1b2c3d',
        disk_usage: [
          {
            mount_point: '/var',
            total_bytes: 1e12,
            used_bytes: 8.1e11,
            avail_bytes: 1.9e11,
            used_percent: 81,
            alert_level: 'warning',
          },
        ],
        container_usage: [{ container_id: '0123456789ab', container_name: 'x', size_bytes: 1, rw_size_bytes: 1 }],
      }),
    ).toEqual({
      heartbeat: {
        swayVersion: 'a1b2c3d',
        diskUsage: [
          {
            mount_point: '/var',
            total_bytes: 1e12,
            used_bytes: 8.1e11,
            avail_bytes: 1.9e11,
            used_percent: 81,
            alert_level: 'warning',
          },
        ],
        diskAlertLevel: 'warning',
      },
      dropped: [],
    });
  });

  it('reads the later dialect, whose desktop version of sway is the image tag', () => {
    expect(
      parseHeartbeat({
        desktop_versions: { sway: 'abc123', ubuntu: 'def456' },
        gpu_vendor: 'NVIDIA',
        render_node: '/dev/dri/renderD128',
        max_sandboxes: 8,
        privileged_mode_enabled: true,
        gpus: [{ index: 0 }],
      }),
    ).toEqual({
      heartbeat: {
        swayVersion: 'abc123',
        desktopVersions: { sway: 'abc123', ubuntu: 'def456' },
        gpuVendor: 'nvidia',
        renderNode: '/dev/dri/renderD128',
        maxSandboxes: 8,
      },
      dropped: [],
    });
  });

  it.each([
    ['sway_version', 'not a tag'],
    ['sway_version', 7],
    ['gpu_vendor', 'two words'],
    ['gpu_vendor', 'x'.repeat(33)],
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
    ['disk_usage', [{ mount_point: '/\0', total_bytes: 1, used_bytes: 1 }]],
    ['disk_usage', [{ mount_point: '/\ud800', total_bytes: 1, used_bytes: 1 }]],
    ['disk_usage', Array.from({ length: 33 }, () => ({ mount_point: '/', total_bytes: 1, used_bytes: 1 }))],
  ])('drops a malformed %s and keeps the rest: %j', (field, value) => {
    expect(parseHeartbeat({ render_node: 'SOFTWARE', [field]: value })).toEqual({
      heartbeat: field === 'render_node' ? {} : { renderNode: 'SOFTWARE' },
      dropped: [field],
    });
  });

  it.each([[undefined], [null], [{}], [{ sway_version: null }]])('takes %j as saying nothing', (body) => {
    expect(parseHeartbeat(body)).toEqual({ heartbeat: {}, dropped: [] });
  });

  it.each([['text'], [7], [[]]])('drops a body that is no object: %j', (body) => {
    expect(parseHeartbeat(body)).toEqual({ heartbeat: {}, dropped: ['body'] });
  });

  it('works out the alert level that a report lacks, and takes the worst of all disks', () => {
    const levels = [79, 80, 95].map((used) => {
      const { heartbeat } = parseHeartbeat({ disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: used }] });
      return heartbeat.diskAlertLevel;
    });
    expect(levels).toEqual(['ok', 'warning', 'critical']);
    const disks = [95, 10].map((used) => ({ mount_point: `/${used}`, total_bytes: 100, used_bytes: used }));
    expect(parseHeartbeat({ disk_usage: disks }).heartbeat.diskAlertLevel).toBe('critical');
  });
});
