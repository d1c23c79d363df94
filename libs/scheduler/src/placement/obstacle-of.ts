import type { PlacementPolicy, PlacementQuestion } from '../capacity/change-capacity.js';
import type { Condition } from '../status/condition.js';
import type { Obstacle } from './obstacle.js';
import type { PlacementHost } from './placement-host.js';

/** Slots that are taken, foreign lobbies among them. */
export function usedSlotsOf({ reserved, confirmed, foreignLobbies }: PlacementHost): number {
  return reserved + confirmed + foreignLobbies;
}

/**
 * The first thing that speaks against the host; undefined when nothing does. The function `choose_host` asks the same in SQL,
 * and a test compares the two.
 */
export function obstacleOf(
  host: PlacementHost,
  question: PlacementQuestion,
  policy: PlacementPolicy,
  now: Date,
): Obstacle | undefined {
  return rotationObstacle(host, policy, now) ?? kindObstacle(host, question) ?? roomObstacle(host, policy);
}

function rotationObstacle(host: PlacementHost, { silenceMs }: PlacementPolicy, now: Date): Obstacle | undefined {
  const silentMs = now.getTime() - host.lastSeenAt.getTime();
  if (host.rank === null) {
    const condition = worstOf(host.conditions);
    // Its facts have changed and its status has not followed yet.
    if (condition === undefined) return { code: 'silent', forMs: silentMs };
    const { type, message, since } = condition;
    return { code: 'condition', type, message, since };
  }
  return !host.linkConnected || silentMs > silenceMs ? { code: 'silent', forMs: silentMs } : undefined;
}

function worstOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.find(({ effect }) => effect === 'offline') ?? conditions.find(({ effect }) => effect === 'blocks');
}

function kindObstacle(host: PlacementHost, question: PlacementQuestion): Obstacle | undefined {
  const { gpuVendor, labels, imageName, imageVersion } = question;
  if (gpuVendor !== undefined && gpuVendor !== '' && host.gpuVendor !== gpuVendor) {
    return { code: 'gpu-vendor', has: host.gpuVendor, wants: gpuVendor };
  }
  for (const [name, wants] of Object.entries(labels ?? {})) {
    const has = Object.hasOwn(host.labels, name) ? host.labels[name] : undefined;
    if (has !== wants) return { code: 'label', name, has: has ?? null, wants };
  }
  if (imageName !== undefined && imageVersion !== undefined && Object.hasOwn(host.images, imageName)) {
    const has = host.images[imageName];
    if (has !== undefined && has !== imageVersion) return { code: 'image', name: imageName, has, wants: imageVersion };
  }
  return undefined;
}

function roomObstacle(host: PlacementHost, policy: PlacementPolicy): Obstacle | undefined {
  const used = usedSlotsOf(host);
  if (used >= host.maxSandboxes) return { code: 'slots', used, max: host.maxSandboxes };
  const encodersMax = host.encoderSessionsMax ?? policy.encoderSessionsMax;
  // Every session is watched some day: one that has no viewer yet counts as well.
  const encoders = Math.max((host.encoderSessions ?? 0) + host.unseen, used);
  if (encodersMax !== null && encoders >= encodersMax) return { code: 'encoders', used: encoders, max: encodersMax };
  if (host.videoMemoryTotalMb === null || host.videoMemoryUsedMb === null) return undefined;
  const each = host.videoMemoryPerSessionMb ?? policy.videoMemoryPerSessionMb;
  const shortMb = (host.unseen + 1) * each - (host.videoMemoryTotalMb - host.videoMemoryUsedMb);
  return shortMb > 0 ? { code: 'video-memory', shortMb } : undefined;
}
