import type { ConditionType } from '../status/condition.js';

/** What speaks against a host for one request: the first thing, in this order, and by how much. */
export type Obstacle =
  /** It is out of rotation. */
  | { readonly code: 'condition'; readonly type: ConditionType; readonly message: string; readonly since: string }
  /** It was not heard of for this long. */
  | { readonly code: 'silent'; readonly forMs: number }
  | { readonly code: 'gpu-vendor'; readonly has: string; readonly wants: string }
  | { readonly code: 'label'; readonly name: string; readonly has: string | null; readonly wants: string }
  | { readonly code: 'slots'; readonly used: number; readonly max: number }
  | { readonly code: 'image'; readonly name: string; readonly has: string; readonly wants: string }
  | { readonly code: 'encoders'; readonly used: number; readonly max: number }
  | { readonly code: 'video-memory'; readonly shortMb: number };

export type ObstacleCode = Obstacle['code'];

/** For people; `now` is when it is read. */
export function describeObstacle(obstacle: Obstacle, now: Date): string {
  switch (obstacle.code) {
    case 'condition':
      return describeCondition(obstacle, now);
    case 'silent':
      return `not heard of for ${duration(obstacle.forMs)}`;
    case 'gpu-vendor':
      return `gpu_vendor ${obstacle.has === '' ? 'unknown' : obstacle.has} ≠ ${obstacle.wants}`;
    case 'label':
      return obstacle.has === null
        ? `no label ${obstacle.name}, ${obstacle.wants} is asked for`
        : `label ${obstacle.name} ${obstacle.has} ≠ ${obstacle.wants}`;
    case 'slots':
      return `slots ${String(obstacle.used)}/${String(obstacle.max)}`;
    case 'image':
      return `image ${obstacle.name}:${obstacle.wants} is not there, ${obstacle.has} is`;
    case 'encoders':
      return `encoders ${String(obstacle.used)}/${String(obstacle.max)}`;
    case 'video-memory':
      return `video memory ${(obstacle.shortMb / 1024).toFixed(1)} GB short`;
    default:
      return obstacle satisfies never;
  }
}

function describeCondition({ type, message, since }: Extract<Obstacle, { code: 'condition' }>, now: Date): string {
  const forMs = now.getTime() - Date.parse(since);
  switch (type) {
    case 'LinkDown':
      return `no link for ${duration(forMs)}`;
    case 'Silent':
      return `not heard of for ${duration(forMs)}`;
    case 'CanaryFailing':
      return `canary failing for ${duration(forMs)}`;
    case 'Cordoned':
    case 'Draining':
      return `${message}, since ${since}`;
    case 'HeartbeatLate':
    case 'WolfCritical':
    case 'WolfStuck':
    case 'DiskCritical':
    case 'DiskWarning':
    case 'GpuMonitoringLost':
      return `${message} for ${duration(forMs)}`;
    default:
      return type satisfies never;
  }
}

function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 120) return `${String(s)} s`;
  if (s < 7_200) return `${String(Math.round(s / 60))} min`;
  return `${String(Math.round(s / 3_600))} h`;
}
