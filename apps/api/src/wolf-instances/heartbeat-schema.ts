const COUNT = { type: 'integer', minimum: 0 } as const;

/** What hosts of any age may say of themselves. */
export const HEARTBEAT_SCHEMA = {
  type: 'object',
  description:
    'All optional; null is as good as absent, and keys that are not known are passed over. One that is known and malformed has the whole heartbeat refused',
  properties: {
    sway_version: { type: 'string' },
    desktop_versions: { type: 'object', additionalProperties: { type: 'string' } },
    helix_version: { type: 'string' },
    gpu_vendor: { type: 'string' },
    gpu_type: { type: 'string' },
    gpus: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, memory_mb: COUNT, encoder_sessions: COUNT } },
    },
    render_node: { type: 'string' },
    max_sandboxes: COUNT,
    disk_usage: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          mount_point: { type: 'string' },
          total_bytes: COUNT,
          used_bytes: COUNT,
          avail_bytes: COUNT,
          used_percent: { type: 'number' },
          alert_level: { type: 'string', example: 'warning' },
        },
      },
    },
    container_usage: {
      type: 'array',
      items: {
        type: 'object',
        properties: { container_id: { type: 'string' }, container_name: { type: 'string' }, size_bytes: COUNT },
      },
    },
  },
} as const;
