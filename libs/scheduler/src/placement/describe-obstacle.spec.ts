import type { ConditionType } from '../tables/condition.js';
import type { Obstacle } from '../capacity/capacity-operations.js';
import { describeObstacle } from './describe-obstacle.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');

function condition(type: ConditionType, message: string, secondsAgo: number): Obstacle {
  const since = new Date(NOW.getTime() - secondsAgo * 1_000).toISOString();
  return { code: 'condition', type, message, since };
}

describe('describeObstacle', () => {
  it.each<readonly [string, Obstacle]>([
    ['slots 8/8', { code: 'slots', used: 8, max: 8 }],
    ['takes no sessions: max_sandboxes is 0', { code: 'slots', used: 0, max: 0 }],
    ['encoders 8/8', { code: 'encoders', used: 8, max: 8 }],
    ['video memory 2.1 GB short', { code: 'video-memory', shortMb: 2_150 }],
    ['video memory 20 MB short', { code: 'video-memory', shortMb: 20 }],
    ['gpu_vendor amd ≠ nvidia', { code: 'gpu-vendor', has: 'amd', wants: 'nvidia' }],
    ['gpu_vendor unknown ≠ nvidia', { code: 'gpu-vendor', has: '', wants: 'nvidia' }],
    ['label zone a ≠ b', { code: 'label', name: 'zone', has: 'a', wants: 'b' }],
    ['label zone not set ≠ b', { code: 'label', name: 'zone', has: null, wants: 'b' }],
    ['image helix-sway:v1 ≠ v2', { code: 'image', name: 'helix-sway', has: 'v1', wants: 'v2' }],
    ['not heard of for 95 s', { code: 'silent', forMs: 95_000 }],
    ['its state is changing at this moment', { code: 'silent', forMs: 10 }],
    ['no link for 40 s', condition('LinkDown', 'it holds no link', 40)],
    ['not heard of for 3 min', condition('Silent', 'not heard of for more than 90 s', 180)],
    ['no heartbeat for 5 h', condition('HeartbeatLate', 'no heartbeat for more than 120 s', 18_000)],
    ['canary failing for 40 s', condition('CanaryFailing', 'requests through its link fail: timeout', 40)],
    ['its Wolf cannot create pipelines for 119 s', condition('WolfCritical', 'its Wolf cannot create pipelines', 119)],
    ['its Wolf has 2 stuck threads for 2 min', condition('WolfStuck', 'its Wolf has 2 stuck threads', 120)],
    ['/var is 97 % full for 3 days', condition('DiskCritical', '/var is 97 % full', 3 * 86_400)],
    ['/var is 85 % full for 0 s', condition('DiskWarning', '/var is 85 % full', 0)],
    ['GPU not measured for 47 h', condition('GpuMonitoringLost', 'its GPU cannot be measured any more', 47 * 3_600)],
    ['cordoned by bob, since 2026-03-01T11:59:00Z', condition('Cordoned', 'cordoned by bob', 60)],
    ['draining by alice: upgrade, since 2026-03-01T11:59:00Z', condition('Draining', 'draining by alice: upgrade', 60)],
  ])('says %s', (words, obstacle) => {
    expect(describeObstacle(obstacle, NOW)).toBe(words);
  });

  it('does not count backwards when clocks differ', () => {
    expect(describeObstacle(condition('LinkDown', '', -5), NOW)).toBe('no link for 0 s');
  });
});
