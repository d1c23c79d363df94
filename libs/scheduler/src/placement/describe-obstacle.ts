import type { Obstacle } from '../capacity/capacity-operations.js';

/** Longer than a status takes to follow from its facts, much shorter than any silence that takes a host out of rotation. */
const CHANGING_MS = 5_000;

/** For people; `now` is when it is read. */
export function describeObstacle(obstacle: Obstacle, now: Date): string {
  switch (obstacle.code) {
    case 'condition':
      return describeCondition(obstacle, now);
    case 'silent':
      return describeSilence(obstacle.forMs);
    case 'start-failed':
      return `could not start it: ${obstacle.failure}`;
    case 'gpu-vendor':
      return `gpu_vendor ${obstacle.has === '' ? 'unknown' : obstacle.has} ≠ ${obstacle.wants}`;
    case 'label':
      return `label ${obstacle.name} ${obstacle.has ?? 'not set'} ≠ ${obstacle.wants}`;
    case 'slots':
      return obstacle.max === 0 ? 'takes no sessions: max_sandboxes is 0' : `slots ${shareOf(obstacle)}`;
    case 'image':
      return `image ${obstacle.name}:${obstacle.has} ≠ ${obstacle.wants}`;
    case 'encoders':
      return `encoders ${shareOf(obstacle)}`;
    case 'video-memory':
      return `video memory ${memory(obstacle.shortMb)} short`;
    default:
      return obstacle satisfies never;
  }
}

function describeCondition({ type, message, since }: Extract<Obstacle, { code: 'condition' }>, now: Date): string {
  const span = duration(now.getTime() - Date.parse(since));
  switch (type) {
    case 'LinkDown':
      return `no link for ${span}`;
    case 'Silent':
      return `not heard of for ${span}`;
    case 'HeartbeatLate':
      return `no heartbeat for ${span}`;
    case 'CanaryFailing':
      return `canary failing for ${span}`;
    case 'GpuMonitoringLost':
      return `GPU not measured for ${span}`;
    case 'Cordoned':
    case 'Draining':
      return `${message}, since ${since.replace(/\.\d+Z$/, 'Z')}`;
    case 'LinkAway':
    case 'TwoMachines':
    case 'NotAnswering':
    case 'WolfCritical':
    case 'WolfStuck':
    case 'DiskCritical':
    case 'DiskWarning':
      return `${message} for ${span}`;
    default:
      return type satisfies never;
  }
}

/** A host that was heard of a moment ago has just lost its link, or its status is about to change. */
function describeSilence(forMs: number): string {
  return forMs < CHANGING_MS ? 'its state is changing at this moment' : `not heard of for ${duration(forMs)}`;
}

function shareOf({ used, max }: { readonly used: number; readonly max: number }): string {
  return `${String(used)}/${String(max)}`;
}

/** In units of 1024, called as GPUs are sold. */
function memory(mb: number): string {
  return mb < 1_024 ? `${String(mb)} MB` : `${(mb / 1_024).toFixed(1)} GB`;
}

function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 120) return `${String(s)} s`;
  if (s < 7_200) return `${String(Math.round(s / 60))} min`;
  if (s < 172_800) return `${String(Math.round(s / 3_600))} h`;
  return `${String(Math.round(s / 86_400))} days`;
}
